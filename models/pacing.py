"""The turn of the next message of an SMTP account, shared through one row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import utc_now
from models.relay_pace import RelayPace


def take_turn(session: Session, account: str, messages_per_minute: int, daily_quota: int) -> float | None:
    """Reserve the next turn of ``account``: the seconds to wait for it, or None when the daily quota is used up.

    Works in the caller's writing transaction; limits of 0 do not limit. The clock is the database server's, so that
    machines whose clocks differ keep one pace.
    """
    now = _database_now(session)
    pace = session.scalars(select(RelayPace).where(RelayPace.account == account).with_for_update()).one_or_none()
    if pace is None:
        pace = RelayPace(account=account, next_at=now, day=now.date(), sent=0)
        session.add(pace)
    if pace.day != now.date():
        pace.day, pace.sent = now.date(), 0
    if daily_quota and pace.sent >= daily_quota:
        return None
    turn = max(pace.next_at, now)
    pace.sent += 1
    pace.next_at = turn + timedelta(minutes=1) / messages_per_minute if messages_per_minute else turn
    return (turn - now).total_seconds()


def delay(session: Session, account: str, seconds: float) -> None:
    """Push the account's next turn at least ``seconds`` away: the relay asked for less, or does not answer."""
    now = _database_now(session)
    pace = session.scalars(select(RelayPace).where(RelayPace.account == account).with_for_update()).one_or_none()
    if pace is None:
        pace = RelayPace(account=account, next_at=now, day=now.date(), sent=0)
        session.add(pace)
    pace.next_at = max(pace.next_at, now + timedelta(seconds=seconds))


def _database_now(session: Session) -> datetime:
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return utc_now()  # SQLite lives on one machine, whose clock this is
