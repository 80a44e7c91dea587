"""When an association reminds its clients: read for the form, stored with who changed it, and told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.reminder_terms import USUAL, Terms, read_terms
from models.tables.organisation import Association, Structure
from models.tables.reminder import ReminderLevel, ReminderPolicy
from models.tables.structure_change import StructureChange
from models.values.ending import Refusal
from models.values.reminder_paper import LEVEL_NAMES
from settings.ledger import reading_ledger, writing_ledger
from tasks.campaigns.requests import read_structures
from tasks.documents.french import amount
from tasks.entry.problems import visible
from tasks.french.labels import CHANNEL
from tasks.reminders.policy_entry import PolicyEntry

# The page of a structure shows it as it stands here, with who changed it and when.
HISTORY_FIELD = "Règles de relance"

_WHICH = "Indiquez dans « association » l'un de ces codes : {codes}."
_UNKNOWN = "Aucune association n'a le code « {written} ». " + _WHICH
_CHANGED = "{name} : relances réglées par {initials}. {terms}"
_UNCHANGED = "{name} : aucun changement. {terms}"
_LEVEL = "{level} : {days} jours après l'échéance{interval}, par {channel}, {answer} jours pour payer"
_INTERVAL = " et {days} jours après la précédente"
_ALL = "{levels}. Solde minimum : {minimum} ; soldes importés depuis {fresh} jours au plus."


@dataclass(frozen=True, slots=True)
class AssociationTerms:
    """An association, and the terms that it reminds on now: its own, or the usual ones."""

    association_id: int
    name: str
    terms: Terms


def find_association(written: str) -> AssociationTerms | Refusal:
    """The association that a clerk named by its code, or the only one when he named none."""
    unusable = read_structures(())
    if isinstance(unusable, Refusal):
        return unusable
    with reading_ledger() as session:
        known = session.execute(select(Association.code, Association.id).order_by(Association.code)).tuples().all()
        wanted = written.strip().casefold()
        found = [key for code, key in known if code.casefold() == wanted or not wanted]
        if len(found) == 1:
            return _read(session, found[0])
    codes = ", ".join(code for code, _ in known)
    unknown = _UNKNOWN.format(written=visible(written), codes=codes)
    return Refusal(unknown if wanted else _WHICH.format(codes=codes))


def _read(session: Session, association_id: int) -> AssociationTerms:
    name = session.get_one(Association, association_id).name
    return AssociationTerms(association_id, name, read_terms(session).get(association_id, USUAL))


def is_stored(flow_run_id: str) -> bool:
    """Whether this run has stored its answer: then it asks nothing any more."""
    with reading_ledger() as session:
        return _is_stored(session, flow_run_id)


def _is_stored(session: Session, flow_run_id: str) -> bool:
    stored = exists().where(StructureChange.flow_run_id == flow_run_id, StructureChange.field == HISTORY_FIELD)
    return bool(session.scalar(select(stored)))


def store_policy(association_id: int, shown: Terms, entry: PolicyEntry, flow_run_id: str) -> None:
    """Store the terms that were typed, as a whole, and note the change on each structure; once for a run.

    A form that was answered as it was ``shown`` changes nothing: not even what another run has changed since.
    """
    if entry.terms is None or entry.terms == shown:
        return
    with writing_ledger() as session:
        # Two runs for one association come one after the other: what was before is then what really was.
        session.scalars(select(Association).where(Association.id == association_id).with_for_update()).one()
        if _is_stored(session, flow_run_id):
            return
        before = _read(session, association_id).terms
        _write(session, association_id, entry.terms)
        _note(session, association_id, before, entry, flow_run_id, utc_now())


def _write(session: Session, association_id: int, terms: Terms) -> None:
    policy = session.scalars(
        select(ReminderPolicy).where(ReminderPolicy.association_id == association_id)
    ).one_or_none()
    if policy is None:
        policy = ReminderPolicy(association_id=association_id)
        session.add(policy)
    policy.minimum_balance, policy.fresh_days = terms.minimum_balance, terms.fresh_days
    levels = {level.level: level for level in policy.levels}
    for number, (level, answer_days, channel) in enumerate(
        zip(terms.levels, terms.answer_days, terms.channels, strict=True), start=1
    ):
        stored = levels.get(number) or ReminderLevel(level=number)
        stored.days_overdue, stored.interval_days = level.days_overdue, level.interval_days
        stored.answer_days, stored.channel = answer_days, channel
        if number not in levels:
            policy.levels.append(stored)


def _note(
    session: Session, association_id: int, before: Terms, entry: PolicyEntry, flow_run_id: str, now: datetime
) -> None:
    assert entry.terms is not None
    structures = select(Structure.id).where(Structure.association_id == association_id).order_by(Structure.id)
    for structure_id in session.scalars(structures).all():
        session.add(
            StructureChange(
                structure_id=structure_id,
                changed_at=now,
                initials=entry.initials,
                field=HISTORY_FIELD,
                before=in_words(before),
                after=in_words(entry.terms),
                flow_run_id=flow_run_id,
            )
        )


def how_it_went(association_id: int, flow_run_id: str) -> str:
    """What the run did and the terms as they stand now, in French."""
    with reading_ledger() as session:
        found = _read(session, association_id)
        initials = session.scalars(
            select(StructureChange.initials).where(
                StructureChange.flow_run_id == flow_run_id, StructureChange.field == HISTORY_FIELD
            )
        ).first()
    sentence = _UNCHANGED if initials is None else _CHANGED
    return sentence.format(name=found.name, initials=initials, terms=in_words(found.terms))


def in_words(terms: Terms) -> str:
    """The terms in French, one clause for each level."""
    levels = []
    for number, (level, answer, channel) in enumerate(
        zip(terms.levels, terms.answer_days, terms.channels, strict=True), start=1
    ):
        interval = _INTERVAL.format(days=level.interval_days) if level.interval_days else ""
        words = _LEVEL.format(
            level=LEVEL_NAMES[number],
            days=level.days_overdue,
            interval=interval,
            channel=CHANNEL[channel],
            answer=answer,
        )
        levels.append(words[:1].upper() + words[1:])
    return _ALL.format(levels=" ; ".join(levels), minimum=amount(terms.minimum_balance), fresh=terms.fresh_days)
