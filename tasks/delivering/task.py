"""Mailing one document: address resolution, composing and sending, one task run per document."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from models.database.session import reading_rows
from models.ledger.pending import PendingDelivery, read_pending
from models.reading.reminder_sources import Found, read_source
from models.rules.states import FAILED, DeliveryState
from models.values.documents import DocumentReference
from models.values.ending import Stopped
from tasks.delivering.claiming import claim
from tasks.delivering.preparing import SENDABLE, Ready, prepare, reread
from tasks.delivering.run import SendingRun
from tasks.delivering.sending import Claimed, Sent, held_back, send
from tasks.french.labels import observed
from tasks.french.moments import paris_moment
from tasks.mail.transport import SmtpSession
from tasks.relays.pool import RelayPool

S = DeliveryState
TRIES_AT_CHANGING_SOURCE = 3


# The worst of a document's addresses gives its task run its state.
_BY_GRAVITY = (
    S.UNCERTAIN,
    S.REFUSED,
    S.ABANDONED,
    S.PLANNED,
    S.COMPOSED,
    S.CLAIMED,
    S.HANDING_OVER,
    S.DEFERRED,
    S.WITHDRAWN,
    S.ACCEPTED,
)


@task(
    name="envoyer-un-document",
    task_run_name="{document.label}",
    retries=0,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def mail_document(document: DocumentReference, run: SendingRun) -> State[None]:
    """Mail one document to each of its addresses; the state says how far it came.

    The retry schedule lives in the ledger, so the task itself never retries.
    """
    with reading_rows(run.settings.database) as rows:
        deliveries = [delivery for delivery in read_pending(rows, document) if delivery.state in SENDABLE]
        if not deliveries:
            return Completed(name="Déjà envoyé", message="Rien à envoyer : tout est déjà parti.")
        found = read_source(rows, document.document_id)
    pool = run.pool(document.structure)
    sent = [_mail(delivery, found, pool, run) for delivery in deliveries]
    return _task_state(min(sent, key=lambda outcome: _BY_GRAVITY.index(outcome.state)))


def _mail(delivery: PendingDelivery, found: Found, pool: RelayPool, run: SendingRun) -> Sent:
    while pool.stopped is None:  # ends: every fault of the relay brings the breaker nearer
        # Composed before a connection is free: what it takes costs nobody his turn.
        outcome = _hand_in(prepare(delivery, found, pool, run), pool, run)
        if not outcome.again:
            return outcome
        delivery, found = reread(delivery, run)
    return held_back(pool.stopped)


def _hand_in(ready: Ready | Sent, pool: RelayPool, run: SendingRun) -> Sent:
    while isinstance(ready, Ready):
        with pool.connection() as connection:
            if isinstance(connection, Stopped):
                return held_back(connection)
            if isinstance(connection, SmtpSession):
                return _mail_over(connection, ready, pool, run)
            pool.judge(connection)
    return ready


def _mail_over(connection: SmtpSession, ready: Ready, pool: RelayPool, run: SendingRun) -> Sent:
    for _ in range(TRIES_AT_CHANGING_SOURCE):
        if not ready.is_too_large(connection.size_limit):
            claimed = claim(ready, pool.relay.account, run)
            if isinstance(claimed, Claimed):
                return send(claimed, connection, pool, run.settings)
            if claimed is not None:
                return claimed
        again = prepare(*reread(ready.delivery, run), pool, run)
        if isinstance(again, Sent):
            return again
        ready = again
    return Sent(S.PLANNED, sentence="les données changent sans cesse ; relancez plus tard")


def _task_state(worst: Sent) -> State[None]:
    """The state of a task run in words that a clerk understands."""
    seen = f" : {observed(worst.evidence)}" if worst.evidence else ""
    match worst.state:
        case S.ACCEPTED:
            return Completed(name="Envoyé", message=f"Envoyé{seen}")
        case S.UNCERTAIN:
            return Failed(name="Incertain", message=f"Incertain{seen}. {worst.sentence}")
        case state if state in FAILED:
            return Failed(name="Refusé", message=f"Refusé à l'envoi{seen}. {worst.sentence}")
        case S.DEFERRED:
            when = f" Prochain essai le {paris_moment(worst.not_before)}." if worst.not_before else ""
            return Completed(name="Différé", message=f"Différé{seen}.{when}")
        case S.WITHDRAWN:
            return Completed(name="Retiré", message=f"Retiré de l'envoi : {worst.sentence}.")
        case S.PLANNED:
            return Failed(name="Non composé", message=f"Arrêté à la composition : {worst.sentence}.")
        case _:
            return Cancelled(name="En attente", message=f"En attente : {worst.sentence}")
