"""Whether an invoice is to be reminded of, and at which level: one rule for the screen and for the sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class NotDue(StrEnum):
    """Why no reminder is due for an invoice; the first that fits, in this order."""

    PAID = "paid"
    NO_DUE_DATE = "no-due-date"
    NOT_OVERDUE = "not-overdue"
    DISPUTED = "disputed"
    SUSPENDED = "suspended"
    BELOW_MINIMUM = "below-minimum"
    UNDER_WAY = "under-way"
    LAST_LEVEL = "last-level"
    RECENT = "recent"
    TOO_SOON = "too-soon"


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """When one level is due: so many days after the due date, and after the reminder before it."""

    days_overdue: int
    interval_days: int


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What is known of an invoice and its client. ``level_reached``, on any channel, is 0 before the first reminder.

    ``suspended_until`` is the last day without reminders. ``under_way``: a reminder of it is chosen, and
    has neither left nor failed, or nobody knows whether it left.
    """

    due_on: date | None
    balance: Decimal
    disputed: bool = False
    suspended_until: date | None = None
    level_reached: int = 0
    reminded_on: date | None = None
    under_way: bool = False


def due_level(
    facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum_balance: Decimal, today: date
) -> int | NotDue:
    """The level, from 1, at which a reminder of the invoice is due on ``today``, or why none is.

    An invoice moves one level at a time: however long it is overdue, the level after the one it has reached.
    """
    if facts.balance <= 0:
        return NotDue.PAID
    if facts.due_on is None:
        return NotDue.NO_DUE_DATE
    days_overdue = (today - facts.due_on).days
    if days_overdue <= 0:
        return NotDue.NOT_OVERDUE
    if facts.disputed:
        return NotDue.DISPUTED
    if facts.suspended_until is not None and today <= facts.suspended_until:
        return NotDue.SUSPENDED
    if facts.balance < minimum_balance:
        return NotDue.BELOW_MINIMUM
    if facts.under_way:
        return NotDue.UNDER_WAY
    if facts.level_reached >= len(levels):
        return NotDue.LAST_LEVEL
    terms = levels[facts.level_reached]
    if facts.reminded_on is not None and (today - facts.reminded_on).days < terms.interval_days:
        return NotDue.RECENT
    if days_overdue < terms.days_overdue:
        return NotDue.TOO_SOON
    return facts.level_reached + 1
