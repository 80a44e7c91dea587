"""When an association reminds its clients: its policy, or the usual one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.rules.reminders import LevelTerms
from models.tables.reminder import ReminderPolicy
from models.values.kinds import Channel


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy as the rule needs it; the first entry of each tuple is of level 1.

    ``answer_days`` is how long the client has to pay after a reminder, ``channels`` how each level usually goes.
    """

    levels: tuple[LevelTerms, ...]
    answer_days: tuple[int, ...]
    channels: tuple[Channel, ...]
    minimum_balance: Decimal
    fresh_days: int


# What French associations usually do: a courteous note after a week, a firm one after a month, then the formal notice.
USUAL = Terms(
    levels=(LevelTerms(8, 0), LevelTerms(30, 15), LevelTerms(60, 15)),
    answer_days=(8, 8, 8),
    channels=(Channel.EMAIL, Channel.EMAIL, Channel.LETTER),
    minimum_balance=Decimal("5.00"),
    fresh_days=7,
)


def read_terms(session: Session) -> dict[int, Terms]:
    """The terms of each association that has a policy of its own, by its id; all others have the usual ones."""
    policies = session.scalars(select(ReminderPolicy).options(selectinload(ReminderPolicy.levels))).all()
    return {
        policy.association_id: Terms(
            levels=tuple(LevelTerms(level.days_overdue, level.interval_days) for level in policy.levels),
            answer_days=tuple(level.answer_days for level in policy.levels),
            channels=tuple(Channel(level.channel) for level in policy.levels),
            minimum_balance=policy.minimum_balance,
            fresh_days=policy.fresh_days,
        )
        for policy in policies
    }
