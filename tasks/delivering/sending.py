"""The third stage of a sending: claim, hand over behind the fence, record what was observed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

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
from models.values.ending import Stopped
from models.values.evidence import Evidence, Stage
from settings.load import Settings
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


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt ended: the state of the delivery, what was observed, and in French what it means."""

    state: DeliveryState
    evidence: Evidence | None = None
    sentence: str = ""
    again: bool = False
    not_before: datetime | None = None


def held_back(stopped: Stopped) -> Sent:
    """A delivery that waits because its pool is closed."""
    return Sent(DeliveryState.COMPOSED, stopped.evidence, stopped.sentence)


def send(claimed: Claimed, connection: SmtpSession, pool: RelayPool, settings: Settings) -> Sent:
    """Hand a claimed delivery over and record the outcome; ``again``: it was provably not sent."""

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
    evidence = connection.hand_over(
        claimed.sender, claimed.recipient, claimed.message, fence, ENVELOPE_KEY.format(claimed.delivery_id)
    )
    reached("replied")
    judgement = pool.judge(evidence)
    sent = record(claimed.delivery_id, claimed.attempt, evidence, judgement, settings)
    reached("settled")
    return sent


def record(delivery_id: int, attempt: int, evidence: Evidence, judgement: Judgement, settings: Settings) -> Sent:
    """Write the outcome of an attempt down.

    A database that is locked or full is asked again for a minute: after a 250 nobody else knows that the message was
    accepted. If it stays so, the row stays in ``handing_over``, and becomes uncertain when its lease ends.
    """
    if judgement.verdict is Verdict.NOT_OURS:
        return Sent(DeliveryState.CLAIMED, evidence, explain(evidence).cause)

    def write() -> Sent:
        with writing_rows(settings.database) as rows:
            return _settle(rows, delivery_id, attempt, evidence, judgement, settings)

    return _persist(write)


def _settle(
    rows: Connection, delivery_id: int, attempt: int, evidence: Evidence, judgement: Judgement, settings: Settings
) -> Sent:
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
        case _:
            after = DeliveryState.COMPOSED
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
    again = judgement.verdict in {Verdict.RECONNECT, Verdict.RELAY_DELAYED}
    return Sent(after, evidence, explain(evidence).cause, again, not_before)


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
