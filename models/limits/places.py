"""The line for the connections of an SMTP account: over all processes, no more are open than the relay allows.

A place is taken at the end, and the first so many that are kept up have a connection: who gives his up after a hundred
mails goes to the end, so nobody waits for the end of another's campaign.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from models.database.clock import database_seconds
from models.database.upsert import insert_into
from models.tables.relay_pace import RelayPace, RelayPlace

LONGEST_KEPT_SECONDS = 60.0


def queue_up(rows: Connection, account: str, seconds: float) -> int:
    """Take the last place of the line, kept for ``seconds``; its number. Places that were lost are cleared away."""
    now = database_seconds(rows)
    _hold(rows, account)
    rows.execute(delete(RelayPlace).where(RelayPlace.account == account, RelayPlace.kept_until <= now))
    taken = insert(RelayPlace).values(account=account, kept_until=now + literal(seconds))
    return rows.execute(taken.returning(RelayPlace.id)).scalar_one()


def has_connection(rows: Connection, account: str, place: int, connections: int) -> bool | None:
    """Whether it is this place's turn to connect; None when the place was lost."""
    now = database_seconds(rows)
    is_kept = RelayPlace.kept_until.between(now, now + literal(LONGEST_KEPT_SECONDS))
    up_to_here = rows.execute(
        select(func.count(), func.max(RelayPlace.id)).where(
            RelayPlace.account == account, RelayPlace.id <= place, is_kept
        )
    ).one()
    if up_to_here[1] != place:
        return None
    return bool(up_to_here[0] <= connections)


def keep_up(rows: Connection, places: Collection[int], seconds: float) -> set[int]:
    """Keep places for ``seconds`` more; those that were still there. One that was lost does not come back."""
    now = database_seconds(rows)
    statement = (
        update(RelayPlace)
        .where(RelayPlace.id.in_(places), RelayPlace.kept_until > now)
        .values(kept_until=now + literal(seconds))
        .returning(RelayPlace.id)
    )
    return set(rows.scalars(statement))


def leave(rows: Connection, places: Collection[int]) -> None:
    """Give places up."""
    rows.execute(delete(RelayPlace).where(RelayPlace.id.in_(places)))


def _hold(rows: Connection, account: str) -> None:
    """Lock the account's row: on PostgreSQL a later number could otherwise be seen before an earlier one."""
    statement = insert_into(rows, RelayPace).values(account=account, next_at=0.0)
    rows.execute(
        statement.on_conflict_do_update(
            index_elements=[RelayPace.account], set_={"account": statement.excluded.account}
        )
    )
