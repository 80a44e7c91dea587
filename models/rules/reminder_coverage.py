"""In which class an overdue invoice stands: every one is in exactly one, so that nobody falls through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.rules.coverage import Coverage
from models.rules.reminders import NotDue
from models.rules.states import FAILED, WAITING, DeliveryState

DESELECTED = "deselected"


class Progress(StrEnum):
    """How far one reminder has come."""

    UNCERTAIN = "uncertain"
    FAILED = "failed"
    UNDER_WAY = "under-way"
    PRINTED = "printed"
    MAILED = "mailed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class MailFact:
    """What the ledger knows of one mail of a reminder; ``unwritten`` tells that composing it failed."""

    state: DeliveryState
    changed_at: datetime
    unwritten: bool = False


def progress(is_letter: bool, mails: Iterable[MailFact], printed_at: datetime | None) -> Progress:
    """How far a reminder that was chosen has come. ``is_letter``: it was to be printed from the start."""
    facts = list(mails)
    if any(fact.state is DeliveryState.UNCERTAIN for fact in facts):
        return Progress.UNCERTAIN
    failures = [fact for fact in facts if fact.state in FAILED or fact.unwritten]
    if any(printed_at is None or printed_at < fact.changed_at for fact in failures):
        return Progress.FAILED
    if any(fact.state in WAITING and not fact.unwritten for fact in facts):
        return Progress.UNDER_WAY
    if any(fact.state is DeliveryState.ACCEPTED for fact in facts):
        return Progress.MAILED
    if printed_at is not None:
        return Progress.PRINTED
    return Progress.UNDER_WAY if is_letter else Progress.WITHDRAWN


# An invoice that is not due because of its last reminder is where that reminder is.
_BECAUSE_REMINDED = frozenset({NotDue.RECENT, NotDue.LAST_LEVEL, NotDue.TOO_SOON})
_CLASS = {
    Progress.UNCERTAIN: Coverage.UNCERTAIN,
    Progress.FAILED: Coverage.FAILED,
    Progress.UNDER_WAY: Coverage.WAITING,
    Progress.PRINTED: Coverage.PRINTED,
    Progress.MAILED: Coverage.MAILED,
}


def reminder_coverage(due: int | NotDue, last: Progress | None, deselected: bool) -> tuple[Coverage, str]:
    """The class of an overdue invoice, and why when it is excluded (a NotDue, or DESELECTED).

    ``due`` is the rule's answer, ``last`` the progress of the last reminder that names the invoice, ``deselected``
    that a person left it out of the last campaign that showed it.
    """
    if last in {Progress.UNCERTAIN, Progress.FAILED, Progress.UNDER_WAY}:
        return _CLASS[last], ""
    if not isinstance(due, NotDue):
        return (Coverage.EXCLUDED, DESELECTED) if deselected else (Coverage.WAITING, "")
    if due in _BECAUSE_REMINDED and last in _CLASS:
        return _CLASS[last], ""
    return Coverage.EXCLUDED, due.value
