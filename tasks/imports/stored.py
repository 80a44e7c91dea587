"""What the database holds of that which an import may name, loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.tables.invoice import Invoice
from models.tables.organisation import Association, Structure
from models.tables.people import Client, Guardian, Resident
from tasks.imports.rows import Row, TableFile

Files = Mapping[str, TableFile]  # by the name of the table, all six; one that the import lacks has no rows
Pair = tuple[str, str]  # the code of a structure, and a code or number in it

QUERY_VALUES = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of the database by their codes. ``invoices`` has those whose number the import names."""

    associations: dict[str, Association]
    structures: dict[str, Structure]
    guardians: dict[str, Guardian]
    residents: dict[Pair, Resident]
    clients: dict[Pair, Client]
    invoices: dict[Pair, Invoice]


def load(session: Session, files: Files) -> Stored:
    """Read what the checks compare with, in a few queries."""
    structures = {structure.id: structure for structure in session.scalars(select(Structure))}
    residents = session.scalars(select(Resident)).all()
    clients = session.scalars(select(Client)).all()
    numbers = sorted(
        {row.values["number"] for name in ("factures", "lignes") for row in files[name].rows if "number" in row.values}
    )
    invoices: dict[Pair, Invoice] = {}
    for start in range(0, len(numbers), QUERY_VALUES):
        found = session.scalars(
            select(Invoice)
            .where(Invoice.number.in_(numbers[start : start + QUERY_VALUES]))
            .options(selectinload(Invoice.lines), joinedload(Invoice.resident), joinedload(Invoice.client))
        )
        invoices |= {(structures[invoice.structure_id].code, invoice.number): invoice for invoice in found}
    return Stored(
        associations={association.code: association for association in session.scalars(select(Association))},
        structures={structure.code: structure for structure in structures.values()},
        guardians={guardian.code: guardian for guardian in session.scalars(select(Guardian))},
        residents={(structures[r.structure_id].code, r.code): r for r in residents},
        clients={(structures[c.structure_id].code, c.code): c for c in clients},
        invoices=invoices,
    )


def code_of(row: Row) -> str | None:
    """The key of a structure's or guardian's row, None when it could not be read."""
    return row.values.get("code")


def pair_of(row: Row) -> Pair | None:
    """The key of a resident's, client's or invoice's row, None when a part of it could not be read."""
    structure, code = row.values.get("structure_code"), row.values.get("code", row.values.get("number"))
    return (structure, code) if structure and code else None
