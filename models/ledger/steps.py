"""The steps of a delivery, each one guarded UPDATE: whoever changes the row owns the step, everybody else gets False.

All functions work in the caller's transaction; ``now`` is an aware time in UTC.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

from sqlalchemy import Connection, Table, Update, bindparam, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from models.rules.replies import Verdict
from models.rules.states import TRANSITIONS, DeliveryState, check_transition
from models.tables.delivery import Attempt, Delivery
from models.values.evidence import Evidence, Fault, Stage

S = DeliveryState

_DELIVERIES = cast("Table", Delivery.__table__)
_ATTEMPTS = cast("Table", Attempt.__table__)

_HOLD = select(_DELIVERIES.c.id).where(_DELIVERIES.c.id == bindparam("key")).with_for_update()

# Statements are built once: they run several times for every mail.
_NEW_ATTEMPT = insert(_ATTEMPTS).values(
    {name: bindparam(name) for name in ("delivery_id", "number", "flow_run_id", "relay", "started_at")}
    | {"stage": "", "enhanced": "", "reply": "", "fault": "", "verdict": ""}
)
_END_ATTEMPT = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.delivery_id == bindparam("of_delivery"), _ATTEMPTS.c.number == bindparam("of_number"))
    .values({name: bindparam(name) for name in ("ended_at", "stage", "code", "enhanced", "reply", "fault", "verdict")})
)


@cache
def _move_statement(names: tuple[str, ...], of_attempt: bool) -> Update:
    statement = update(_DELIVERIES).where(
        _DELIVERIES.c.id == bindparam("key"), _DELIVERIES.c.state == bindparam("before")
    )
    if of_attempt:
        statement = statement.where(_DELIVERIES.c.attempt == bindparam("of_attempt"))
    return statement.values({name: bindparam(f"new_{name}") for name in names})


@cache
def _claim_statement(names: tuple[str, ...]) -> ReturningUpdate[tuple[int]]:
    statement = _move_statement(names, of_attempt=False)
    return statement.values(attempt=_DELIVERIES.c.attempt + 1).returning(_DELIVERIES.c.attempt)


def hold(connection: Connection, delivery_id: int) -> None:
    """Keep an import from changing the source between its reading and the claim, on PostgreSQL.

    An import locks the deliveries whose content it changes in the same way. SQLite has one writer at a time anyhow.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"key": delivery_id})


def compose_and_claim(
    connection: Connection,
    delivery_id: int,
    *,
    fingerprint: str,
    archive_key: str,
    message_id: str,
    flow_run_id: str,
    relay: str,
    leased_until: datetime,
    now: datetime,
    note: str = "",
) -> int | None:
    """Planned -> composed -> claimed in one step, with the exact bytes that will be sent; see ``claim``.

    ``note`` is what the report says of the message, such as what had to be left out of it.
    """
    check_transition(S.PLANNED, S.COMPOSED)
    check_transition(S.COMPOSED, S.CLAIMED)
    values = {
        "fingerprint": fingerprint,
        "archive_key": archive_key,
        "message_id": message_id,
        "note": note,
        "unwritten": False,
    }
    return _claim(connection, delivery_id, S.PLANNED, values, flow_run_id, relay, leased_until, now)


def fail_composing(connection: Connection, delivery_id: int, *, flow_run_id: str, sentence: str, now: datetime) -> bool:
    """Note on a planned delivery that its message could not be written, and why; it stays planned."""
    row = connection.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == S.PLANNED)
        .values(attempt=Delivery.attempt + 1, note=sentence[:600], unwritten=True, changed_at=now)
        .returning(Delivery.attempt)
    ).first()
    if row is None:
        return False
    connection.execute(
        insert(Attempt).values(
            delivery_id=delivery_id,
            number=row.attempt,
            flow_run_id=flow_run_id,
            started_at=now,
            ended_at=now,
            stage=Stage.COMPOSING,
            fault=Fault.UNWRITABLE,
            reply=sentence[:600],
            verdict=Verdict.UNWRITTEN,
        )
    )
    return True


def replan(connection: Connection, delivery_id: int, state: DeliveryState, *, now: datetime) -> bool:
    """Composed or deferred -> planned: the source changed since the message was composed."""
    return _move(
        connection,
        delivery_id,
        state,
        S.PLANNED,
        now,
        {"fingerprint": "", "archive_key": "", "message_id": "", "note": "", "not_before": None},
    )


def withdraw(connection: Connection, delivery_id: int, state: DeliveryState, *, note: str, now: datetime) -> bool:
    """Take a delivery that has not been sent out of the run, with the reason."""
    return _move(
        connection, delivery_id, state, S.WITHDRAWN, now, {"note": note, "unwritten": False, "not_before": None}
    )


def claim(
    connection: Connection,
    delivery_id: int,
    state: DeliveryState,
    *,
    flow_run_id: str,
    relay: str,
    leased_until: datetime,
    now: datetime,
) -> int | None:
    """Composed or deferred -> claimed. The number of the new attempt, or None when another worker was faster."""
    check_transition(state, S.CLAIMED)
    return _claim(connection, delivery_id, state, {}, flow_run_id, relay, leased_until, now)


def _claim(
    connection: Connection,
    delivery_id: int,
    before: DeliveryState,
    values: dict[str, Any],
    flow_run_id: str,
    relay: str,
    leased_until: datetime,
    now: datetime,
) -> int | None:
    values = values | {"state": S.CLAIMED, "changed_at": now, "leased_until": leased_until, "not_before": None}
    parameters = {f"new_{name}": value for name, value in values.items()} | {"key": delivery_id, "before": before}
    number = connection.execute(_claim_statement(tuple(values)), parameters).scalar_one_or_none()
    if number is None:
        return None
    connection.execute(
        _NEW_ATTEMPT,
        {
            "delivery_id": delivery_id,
            "number": number,
            "flow_run_id": flow_run_id,
            "relay": relay,
            "started_at": now,
        },
    )
    return int(number)


def begin_handing_over(
    connection: Connection, delivery_id: int, attempt: int, *, leased_until: datetime, now: datetime
) -> bool:
    """Claimed -> handing_over: the fence before the dot. False: the lease was lost, and the dot must not be sent."""
    return _move(connection, delivery_id, S.CLAIMED, S.HANDING_OVER, now, {"leased_until": leased_until}, attempt)


def settle(
    connection: Connection,
    delivery_id: int,
    attempt: int,
    after: DeliveryState,
    evidence: Evidence,
    verdict: Verdict,
    *,
    now: datetime,
    not_before: datetime | None = None,
    counted: bool = False,
) -> bool:
    """End an attempt with what was observed. False when the row belongs to a later attempt by now.

    ``counted`` counts the failure for the retry schedule. A reply that comes after the lease was given up still settles
    the same attempt, from ``uncertain``.
    """
    values: dict[str, Any] = {"leased_until": None, "not_before": not_before}
    if after is S.ACCEPTED:
        values["accepted_at"] = now
    moved = any(
        after in TRANSITIONS[before] and _move(connection, delivery_id, before, after, now, values, attempt)
        for before in (S.HANDING_OVER, S.CLAIMED, S.UNCERTAIN)
    )
    if moved and counted:
        connection.execute(update(Delivery).where(Delivery.id == delivery_id).values(failures=Delivery.failures + 1))
    connection.execute(
        _END_ATTEMPT,
        {
            "of_delivery": delivery_id,
            "of_number": attempt,
            "ended_at": now,
            "stage": evidence.stage,
            "code": evidence.code,
            "enhanced": evidence.enhanced,
            "reply": evidence.text[:600],
            "fault": evidence.fault or "",
            "verdict": verdict,
        },
    )
    return moved


def decide(
    connection: Connection,
    delivery_id: int,
    after: Literal[S.ACCEPTED, S.COMPOSED, S.WITHDRAWN],
    *,
    note: str,
    now: datetime,
) -> bool:
    """Uncertain -> accepted, composed (the same bytes leave again) or withdrawn, because a person said so.

    What arrived was accepted when it was last tried. False when it is not uncertain any more.
    """
    values: dict[str, Any] = {"note": note[:600]}
    if after is S.ACCEPTED:
        tried = select(Attempt.started_at).where(
            Attempt.delivery_id == delivery_id,
            Attempt.number == select(Delivery.attempt).where(Delivery.id == delivery_id).scalar_subquery(),
        )
        values["accepted_at"] = connection.scalar(tried)
    return _move(connection, delivery_id, S.UNCERTAIN, after, now, values)


def abandon(connection: Connection, delivery_id: int, *, now: datetime) -> bool:
    """Deferred -> abandoned: the address was tried long enough."""
    return _move(connection, delivery_id, S.DEFERRED, S.ABANDONED, now, {"not_before": None})


def end_lost_leases(connection: Connection, *, now: datetime) -> dict[DeliveryState, int]:
    """Take up what dead workers left: claimed -> composed, for no dot was sent; handing_over -> uncertain.

    Returns how many rows went to each state.
    """
    moved = {S.COMPOSED: 0, S.UNCERTAIN: 0}
    lost = connection.execute(
        select(Delivery.id, Delivery.state, Delivery.attempt).where(
            Delivery.state.in_([S.CLAIMED, S.HANDING_OVER]), Delivery.leased_until < now
        )
    ).all()
    for delivery_id, state, attempt in lost:
        after = S.COMPOSED if state == S.CLAIMED else S.UNCERTAIN
        if _move(connection, delivery_id, DeliveryState(state), after, now, {"leased_until": None}, attempt):
            moved[after] += 1
            verdict = Verdict.UNCERTAIN if after is S.UNCERTAIN else ""
            connection.execute(
                update(Attempt)
                .where(Attempt.delivery_id == delivery_id, Attempt.number == attempt, Attempt.ended_at.is_(None))
                .values(ended_at=now, verdict=verdict, reply="")
            )
    return moved


def _move(
    connection: Connection,
    delivery_id: int,
    before: DeliveryState,
    after: DeliveryState,
    now: datetime,
    values: dict[str, Any],
    attempt: int | None = None,
) -> bool:
    check_transition(before, after)
    values = values | {"state": after, "changed_at": now}
    parameters = {f"new_{name}": value for name, value in values.items()} | {"key": delivery_id, "before": before}
    if attempt is not None:
        parameters["of_attempt"] = attempt
    statement = _move_statement(tuple(values), attempt is not None)
    return connection.execute(statement, parameters).rowcount == 1
