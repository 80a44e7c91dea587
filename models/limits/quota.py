"""How many messages of an account left in the last 24 hours, counted by the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select

from models.database.clock import database_seconds
from models.database.upsert import insert_into
from models.rules.pacing import HOUR_SECONDS, HOURS_COUNTED
from models.tables.relay_pace import RelayHour


@dataclass(frozen=True, slots=True)
class QuotaReached:
    """Nothing more may leave: the next messages are free in ``seconds``, at ``frees_at``."""

    seconds: float
    frees_at: datetime


def count_message(rows: Connection, account: str, daily_quota: int, now: float) -> QuotaReached | None:
    """Count one message more, unless the quota is used up. The caller holds the account's row, so nobody counts twice.

    What was counted and did not leave after all stays counted: the limit is kept, a little early.
    """
    hour = int(now // HOUR_SECONDS)
    sent, oldest = _counted(rows, account, hour)
    if sent >= daily_quota and oldest is not None:
        frees_at = (oldest + HOURS_COUNTED) * HOUR_SECONDS
        return QuotaReached(frees_at - now, datetime.fromtimestamp(frees_at, UTC))
    statement = insert_into(rows, RelayHour).values(account=account, hour=hour, sent=1)
    in_this_hour = rows.execute(
        statement.on_conflict_do_update(
            index_elements=[RelayHour.account, RelayHour.hour], set_={"sent": RelayHour.sent + 1}
        ).returning(RelayHour.sent)
    ).scalar_one()
    if in_this_hour == 1:
        rows.execute(delete(RelayHour).where(RelayHour.account == account, RelayHour.hour < hour - HOURS_COUNTED))
    return None


def sent_lately(rows: Connection, account: str) -> int:
    """How many messages of ``account`` the quota counts now."""
    now = rows.execute(select(database_seconds(rows))).scalar_one()
    return _counted(rows, account, int(now // HOUR_SECONDS))[0]


def _counted(rows: Connection, account: str, hour: int) -> tuple[int, int | None]:
    # Hours to come are those of a clock that was set back.
    sent, oldest = rows.execute(
        select(func.coalesce(func.sum(RelayHour.sent), 0), func.min(RelayHour.hour)).where(
            RelayHour.account == account, RelayHour.hour.between(hour - HOURS_COUNTED + 1, hour)
        )
    ).one()
    return int(sent), oldest
