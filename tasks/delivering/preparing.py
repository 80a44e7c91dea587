"""The first step of a delivery: who gets it, and the exact bytes that leave."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from models.database.clock import utc_now
from models.database.session import reading_rows, writing_rows
from models.ledger import steps
from models.ledger.decided import resend_was_decided
from models.ledger.pending import PendingDelivery, read_again
from models.rules.recipients import Recipient
from models.rules.states import DeliveryState
from models.values.sources import Source
from tasks.composing import archive
from tasks.composing.compose import Composed, Order, Unkept, Unwritten
from tasks.delivering.addressing import NO_LONGER_CURRENT, NOTHING_LEFT, current_recipient
from tasks.delivering.endings import Again, Settled, held_back
from tasks.delivering.run import SendingRun
from tasks.failpoints import reached
from tasks.kinds.kind import Found, Kind
from tasks.relays.breaker import full_archive
from tasks.relays.pool import RelayPool

S = DeliveryState

SENDABLE = frozenset({S.PLANNED, S.COMPOSED, S.DEFERRED})


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery, the address it goes to as written today, and its message, which the archive has.

    ``note`` tells the clerk what had to be left out.
    """

    delivery: PendingDelivery
    recipient: Recipient
    source: Source
    message: bytes
    archive_key: str
    note: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the message was composed just now: the ledger does not know of it yet."""
        return self.delivery.state is S.PLANNED

    def is_too_large(self, size_limit: int) -> bool:
        """Whether less can be enclosed for a relay that takes no more than ``size_limit`` bytes (0: it did not say)."""
        can_shrink = bool(self.source.copies) and not self.note
        return self.is_new and can_shrink and 0 < size_limit < len(self.message)


def prepare(
    delivery: PendingDelivery, found: Found, kind: Kind, pool: RelayPool, run: SendingRun
) -> Ready | Again | Settled:
    """Compose what is not composed yet, and fetch what is.

    ``found`` is what the document is made from and its recipients; the claim looks whether that still holds.
    """
    if delivery.state not in SENDABLE:
        return Settled(delivery.state, sentence="un autre traitement s'en occupe")
    source, recipients = found
    recipient = current_recipient(delivery, recipients)
    if recipient is None:
        with writing_rows(run.settings.database) as rows:
            return withdraw(rows, delivery)
    if source.is_empty:
        with writing_rows(run.settings.database) as rows:
            kind.note_dropped(rows, source)
            return withdraw(rows, delivery, NOTHING_LEFT)
    if delivery.state is S.PLANNED:
        return _compose(delivery, recipient, source, kind, pool, run)
    try:
        message = archive.get(run.settings.archive, delivery.archive_key)
    except (OSError, ValueError):
        return _lost_bytes(delivery, run)
    return Ready(delivery, recipient, source, message, delivery.archive_key)


def reread(delivery: PendingDelivery, kind: Kind, run: SendingRun) -> tuple[PendingDelivery, Found]:
    """The delivery as it stands now, and what its document is made from."""
    with reading_rows(run.settings.database) as rows:
        return read_again(rows, delivery.id), kind.read_source(rows, delivery.document_id)


def withdraw(rows: Connection, delivery: PendingDelivery, why: str = NO_LONGER_CURRENT) -> Settled:
    """Take a delivery out that has nowhere to go any more."""
    steps.withdraw(rows, delivery.id, delivery.state, note=why, now=utc_now())
    return Settled(S.WITHDRAWN, sentence=why)


def _compose(
    delivery: PendingDelivery, recipient: Recipient, source: Source, kind: Kind, pool: RelayPool, run: SendingRun
) -> Ready | Settled:
    composed = run.composer.compose(
        Order(
            source,
            kind.write,
            recipient,
            delivery.redirected_to,
            delivery.key,
            run.settings.archive,
            pool.size_limit,
            utc_now(),
        )
    )
    match composed:
        case Unwritten(sentence):
            with writing_rows(run.settings.database) as rows:
                steps.fail_composing(rows, delivery.id, flow_run_id=run.flow_run_id, sentence=sentence, now=utc_now())
            return Settled(S.PLANNED, sentence=sentence)
        case Unkept(error):  # a fault of this machine, which stops the run and is counted against nobody
            return held_back(pool.stop(full_archive(run.settings.archive, error)))
        case Composed(message, key, note):
            reached("composed")
            return Ready(delivery, recipient, source, message, key, note)


def _lost_bytes(delivery: PendingDelivery, run: SendingRun) -> Again | Settled:
    """The archive no longer has what was composed: compose anew, unless a person decided on those very bytes."""
    with writing_rows(run.settings.database) as rows:
        if resend_was_decided(rows, delivery.id):
            return Settled(delivery.state, sentence="le message à renvoyer à l'identique manque dans l'archive")
        steps.replan(rows, delivery.id, delivery.state, now=utc_now())
    return Again()
