"""The turn of the next message of an SMTP account, shared through one row."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, case, literal

from models.database.clock import database_seconds
from models.database.upsert import insert_into
from models.limits.quota import QuotaReached, count_message
from models.rules.pacing import spacing_seconds
from models.tables.relay_pace import RelayPace

# Nothing pushes a turn further away but a clock that was set back.
FARTHEST_SECONDS = 1800.0


def take_turn(rows: Connection, account: str, messages_per_minute: int, daily_quota: int) -> float | QuotaReached:
    """Reserve the next turn of ``account``: the seconds to wait for it, or that the quota of 24 hours is used up.

    One statement takes the turn, so that any number of processes take one after the other. Works in the caller's
    writing transaction, which should end at once; limits of 0 do not limit. An idle account saves up no turns.
    """
    spacing = spacing_seconds(messages_per_minute)
    now = database_seconds(rows)
    statement = insert_into(rows, RelayPace).values(account=account, next_at=now + literal(spacing))
    turn, at = rows.execute(
        statement.on_conflict_do_update(
            index_elements=[RelayPace.account], set_={"next_at": _pending(now) + literal(spacing)}
        ).returning(RelayPace.next_at - literal(spacing), now)
    ).one()
    if daily_quota:
        reached = count_message(rows, account, daily_quota, at)
        if reached:
            return reached  # the turn is lost: at a quota's end nobody is in a hurry
    return max(float(turn - at), 0.0)


def delay(rows: Connection, account: str, seconds: float) -> None:
    """Push the account's next turn at least ``seconds`` away: the relay asked for less, or does not answer."""
    now = database_seconds(rows)
    until = now + literal(seconds)
    statement = insert_into(rows, RelayPace).values(account=account, next_at=until)
    pending = _pending(now)
    rows.execute(
        statement.on_conflict_do_update(
            index_elements=[RelayPace.account], set_={"next_at": case((pending > until, pending), else_=until)}
        )
    )


def _pending(now: ColumnElement[float]) -> ColumnElement[float]:
    """The next turn that is free: never in the past, and not so far off that only a clock set back explains it."""
    is_ahead = RelayPace.next_at.between(now, now + literal(FARTHEST_SECONDS))
    return case((is_ahead, RelayPace.next_at), else_=now)
