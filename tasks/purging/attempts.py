"""The sending log: the evidence of each attempt. The delivery itself, with its last state, stays."""

from __future__ import annotations

from functools import partial

from sqlalchemy import ColumnElement, delete, func, select

from models.database.session import reading, writing
from models.rules.states import FINAL
from models.tables.delivery import Attempt, Delivery
from settings.load import Settings
from tasks.purging.expired import Expired
from tasks.purging.limits import Limits

BATCH = 1000


def find_attempts(settings: Settings, limits: Limits) -> Expired:
    """The attempts that may go: too old, of deliveries that are over."""
    old = Attempt.started_at < limits.attempts
    with reading(settings.database) as session:
        over = session.execute(
            select(func.count(), func.min(Attempt.started_at), func.max(Attempt.started_at))
            .join(Delivery, Attempt.delivery_id == Delivery.id)
            .where(old, Delivery.state.in_(FINAL))
        ).one()
        held = session.scalar(
            select(func.count())
            .select_from(Attempt)
            .join(Delivery, Attempt.delivery_id == Delivery.id)
            .where(old, Delivery.state.not_in(FINAL))
        )
    return Expired(
        what="attempts",
        kept_for=limits.kept_for["attempts"],
        count=over[0],
        size=None,
        oldest=over[1],
        newest=over[2],
        held=held or 0,
        remove=partial(_remove, settings, old),
    )


def _remove(settings: Settings, old: ColumnElement[bool]) -> None:
    """In short transactions: SQLite has one writer, and a campaign may be under way."""
    batch = (
        select(Attempt.id)
        .join(Delivery, Attempt.delivery_id == Delivery.id)
        .where(old, Delivery.state.in_(FINAL))
        .limit(BATCH)
    )
    while True:
        with writing(settings.database) as session:
            found = session.scalars(batch).all()
            session.execute(delete(Attempt).where(Attempt.id.in_(found)))
        if not found:
            return
