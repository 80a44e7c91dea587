"""The last step of a delivery: hand over behind the fence, and record what was observed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, assert_never

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from models.database.clock import utc_now
from models.database.session import writing_rows
from models.ledger import steps
from models.rules.causes import explain
from models.rules.replies import Judgement, Verdict
from models.rules.retries import next_try
from models.rules.states import DeliveryState
from models.tables.delivery import Attempt, Delivery
from models.values.evidence import Evidence, Stage
from settings.load import Settings
from tasks.delivering.endings import Again, Settled
from tasks.failpoints import reached
from tasks.mail.transport import SmtpSession
from tasks.relays.pool import RelayPool

RECORD_FOR_SECONDS = 60.0
ENVELOPE_KEY = "facteur-{}"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds: the attempt's number and the exact bytes to send."""

    delivery_id: int
    attempt: int
    sender: str
    recipient: str
    message: bytes


def send(claimed: Claimed, session: SmtpSession, pool: RelayPool, settings: Settings) -> Again | Settled:
    """Hand a claimed delivery over and record the outcome."""

    def fence() -> bool:
        reached("body-sent")
        now = utc_now()
        try:
            with writing_rows(settings.database) as rows:
                ours = steps.begin_handing_over(
                    rows,
                    claimed.delivery_id,
                    claimed.attempt,
                    leased_until=now + timedelta(seconds=settings.sending.lease_seconds),
                    now=now,
                )
        except OperationalError:
            return False  # what the ledger does not know of must not leave: the row is taken up when its lease ends
        reached("handing-over")
        return ours

    pool.catch_up()
    evidence = session.hand_over(
        claimed.sender, claimed.recipient, claimed.message, fence, ENVELOPE_KEY.format(claimed.delivery_id)
    )
    reached("replied")
    judgement = pool.judge(evidence)
    sent = record(claimed.delivery_id, claimed.attempt, evidence, judgement, settings)
    reached("settled")
    return sent


def record(
    delivery_id: int, attempt: int, evidence: Evidence, judgement: Judgement, settings: Settings
) -> Again | Settled:
    """Write the outcome of an attempt down.

    A database that is locked or full is asked again for a minute: after a 250 nobody else knows that the message was
    accepted. If it stays so, the row stays in ``handing_over``, and becomes uncertain when its lease ends.
    """
    if judgement.verdict is Verdict.NOT_OURS:
        return Settled(DeliveryState.CLAIMED, evidence, explain(evidence).cause)

    def write() -> Again | Settled:
        with writing_rows(settings.database) as rows:
            return _settle(rows, delivery_id, attempt, evidence, judgement, settings)

    return _persist(write)


def _settle(
    rows: Connection, delivery_id: int, attempt: int, evidence: Evidence, judgement: Judgement, settings: Settings
) -> Again | Settled:
    now = utc_now()
    not_before = None
    match judgement.verdict:
        case Verdict.ACCEPTED:
            after = DeliveryState.ACCEPTED
        case Verdict.REFUSED:
            after = DeliveryState.REFUSED
        case Verdict.UNCERTAIN:
            after = DeliveryState.UNCERTAIN
        case Verdict.DEFERRED:
            after = DeliveryState.DEFERRED
            not_before = _next_try(rows, delivery_id, now, settings)
        case Verdict.RECONNECT | Verdict.RELAY_DELAYED | Verdict.RELAY_STOPPED | Verdict.NOT_OURS | Verdict.UNWRITTEN:
            after = DeliveryState.COMPOSED
        case _:
            assert_never(judgement.verdict)
    moved = steps.settle(
        rows,
        delivery_id,
        attempt,
        after,
        evidence,
        judgement.verdict,
        now=now,
        not_before=not_before,
        counted=after is DeliveryState.DEFERRED,
    )
    if not moved:
        log.warning("delivery %s: attempt %s ended after another one had begun", delivery_id, attempt)
    if after is DeliveryState.DEFERRED and not_before is None and moved:
        after = DeliveryState.ABANDONED
        steps.abandon(rows, delivery_id, now=now)
    if judgement.verdict in {Verdict.RECONNECT, Verdict.RELAY_DELAYED}:
        return Again(relay_at_fault=True)
    return Settled(after, evidence, explain(evidence).cause, not_before)


def _next_try(rows: Connection, delivery_id: int, now: datetime, settings: Settings) -> datetime | None:
    first = rows.execute(
        select(func.min(Attempt.started_at)).where(Attempt.delivery_id == delivery_id, Attempt.stage != Stage.COMPOSING)
    ).scalar_one()
    failures = rows.execute(select(Delivery.failures).where(Delivery.id == delivery_id)).scalar_one()
    sending = settings.sending
    return next_try(first or now, now, failures + 1, sending.retry_minutes, sending.retry_hours)


def _persist(write: Callable[[], T]) -> T:
    deadline = time.monotonic() + RECORD_FOR_SECONDS
    while True:
        try:
            return write()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
