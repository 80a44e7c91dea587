"""A structure's settings and texts in the database: read, changed in one transaction, and the history of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.organisation import Structure, Wording
from models.tables.structure_change import StructureChange
from models.tables.structure_trial import StructureTrial
from models.values.paper import Issuer
from models.values.people import PostalAddress
from tasks.structures.fields import FIELDS, FOOTER, REPLY_TO, SENDER_EMAIL, SENDER_NAME


@dataclass(frozen=True, slots=True)
class Sheet:
    """A structure as it is set: ``values`` by the fields' keys."""

    code: str
    name: str
    values: Mapping[str, str]
    issuer: Issuer

    @property
    def sender_name(self) -> str:
        return self.values[SENDER_NAME] or self.name

    def with_values(self, values: Mapping[str, str]) -> Sheet:
        """The same structure, set otherwise."""
        email = values[REPLY_TO] or values[SENDER_EMAIL]
        return replace(self, values=values, issuer=replace(self.issuer, email=email, footer=values[FOOTER]))


def find_code(session: Session, written: str) -> str | list[str] | None:
    """The code of the structure that a clerk named, whatever the case; the one there is when he named none.

    None when there is no structure at all; the codes to choose from when none, or an unknown one, was named.
    """
    codes = list(session.scalars(select(Structure.code).order_by(Structure.code)))
    wanted = written.strip()
    if not codes:
        return None
    if not wanted:
        return codes[0] if len(codes) == 1 else codes
    found = [code for code in codes if code == wanted] or [c for c in codes if c.casefold() == wanted.casefold()]
    return found[0] if len(found) == 1 else codes


def read_sheet(session: Session, code: str) -> Sheet:
    """The structure as it is set now."""
    structure = session.scalars(select(Structure).where(Structure.code == code)).one()
    issuer = Issuer(
        association=structure.association.name,
        structure=structure.name,
        address=PostalAddress(structure.street, structure.postcode, structure.city),
        siret=structure.siret,
        finess=structure.finess,
        iban=structure.iban,
        bic=structure.bic,
        vat_mention=structure.vat_mention,
    )
    return Sheet(structure.code, structure.name, {}, issuer).with_values(_values(structure))


def _values(structure: Structure) -> dict[str, str]:
    wordings = {wording.kind: wording for wording in structure.wordings}
    values = {}
    for field in FIELDS:
        owner = wordings.get(field.kind) if field.kind else structure
        values[field.key] = str(getattr(owner, field.part)) if owner is not None else ""
    return values


def save(
    session: Session,
    code: str,
    changes: Mapping[str, str],
    initials: str,
    flow_run_id: str,
    now: datetime,
    trial_to: str = "",
) -> None:
    """Store ``changes`` and note each one that is one, and the trial that is asked for; once for a run."""
    # Two runs for one structure come one after the other: what was before is then what really was.
    structure = session.scalars(select(Structure).where(Structure.code == code).with_for_update()).one()
    if is_saved(session, flow_run_id):
        return
    before = _values(structure)
    noted = [
        (field.key, before[field.key], changes[field.key])
        for field in FIELDS
        if field.key in changes and changes[field.key] != before[field.key]
    ]
    for key, _, after in noted:
        _set(structure, key, after)
    if trial_to:
        session.add(
            StructureTrial(
                structure_id=structure.id, flow_run_id=flow_run_id, asked_at=now, initials=initials, address=trial_to
            )
        )
    for key, old, after in noted:
        session.add(
            StructureChange(
                structure_id=structure.id,
                changed_at=now,
                initials=initials,
                field=key,
                before=old,
                after=after,
                flow_run_id=flow_run_id,
            )
        )


def _set(structure: Structure, key: str, value: str) -> None:
    kind, _, part = key.rpartition(".")
    if not kind:
        setattr(structure, part, value)
        return
    wording = next((found for found in structure.wordings if found.kind == kind), None)
    if wording is None:
        wording = Wording(kind=kind, subject="", body="")
        structure.wordings.append(wording)
    setattr(wording, part, value)


def is_saved(session: Session, flow_run_id: str) -> bool:
    """Whether this run has stored what it was answered."""
    return bool(changes_of_run(session, flow_run_id)) or trial_of_run(session, flow_run_id) is not None


def changes_of_run(session: Session, flow_run_id: str) -> list[StructureChange]:
    """What a run noted, in the order of the form."""
    query = select(StructureChange).where(StructureChange.flow_run_id == flow_run_id).order_by(StructureChange.id)
    return list(session.scalars(query))


def trial_of_run(session: Session, flow_run_id: str) -> StructureTrial | None:
    """The trial that a run was asked for; None without one."""
    return session.scalars(select(StructureTrial).where(StructureTrial.flow_run_id == flow_run_id)).one_or_none()


def changes_of_structure(session: Session, code: str, longest: int) -> list[StructureChange]:
    """The last changes of a structure, the newest first."""
    query = (
        select(StructureChange)
        .join(Structure, Structure.id == StructureChange.structure_id)
        .where(Structure.code == code)
        .order_by(StructureChange.changed_at.desc(), StructureChange.id.desc())
        .limit(longest)
    )
    return list(session.scalars(query))


def trials_of_structure(session: Session, code: str, longest: int) -> list[StructureTrial]:
    """The last trials of a structure, the newest first."""
    query = (
        select(StructureTrial)
        .join(Structure, Structure.id == StructureTrial.structure_id)
        .where(Structure.code == code)
        .order_by(StructureTrial.asked_at.desc())
        .limit(longest)
    )
    return list(session.scalars(query))
