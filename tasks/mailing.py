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
from tasks.claiming import claim
from tasks.labels import observed
from tasks.mail.transport import Connection
from tasks.moments import paris_moment
from tasks.post_office import Counter, PostOffice, Stopped
from tasks.preparing import SENDABLE, Ready, prepare, reread
from tasks.sending import Claimed, Sent, held_back, send

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
def mail_document(document: DocumentReference, post: PostOffice) -> State[None]:
    """Mail one document to each of its addresses; the state says how far it came.

    The retry schedule lives in the ledger, so the task itself never retries.
    """
    with reading_rows(post.settings.database) as rows:
        deliveries = [delivery for delivery in read_pending(rows, document) if delivery.state in SENDABLE]
        if not deliveries:
            return Completed(name="Déjà envoyé", message="Rien à envoyer : tout est déjà parti.")
        found = read_source(rows, document.document_id)
    counter = post.counter(document.structure)
    sent = [_mail(delivery, found, counter, post) for delivery in deliveries]
    return _task_state(min(sent, key=lambda outcome: _BY_GRAVITY.index(outcome.state)))


def _mail(delivery: PendingDelivery, found: Found, counter: Counter, post: PostOffice) -> Sent:
    while counter.stopped is None:  # ends: every fault of the relay brings the breaker nearer
        # Composed before a connection is free: what it takes costs nobody his turn.
        outcome = _hand_in(prepare(delivery, found, counter, post), counter, post)
        if not outcome.again:
            return outcome
        delivery, found = reread(delivery, post)
    return held_back(counter.stopped)


def _hand_in(ready: Ready | Sent, counter: Counter, post: PostOffice) -> Sent:
    while isinstance(ready, Ready):
        with counter.connection() as connection:
            if isinstance(connection, Stopped):
                return held_back(connection)
            if isinstance(connection, Connection):
                return _mail_over(connection, ready, counter, post)
            counter.judge(connection)
    return ready


def _mail_over(connection: Connection, ready: Ready, counter: Counter, post: PostOffice) -> Sent:
    for _ in range(TRIES_AT_CHANGING_SOURCE):
        if not ready.is_too_large(connection.size_limit):
            claimed = claim(ready, counter.relay.account, post)
            if isinstance(claimed, Claimed):
                return send(claimed, connection, counter, post.settings)
            if claimed is not None:
                return claimed
        again = prepare(*reread(ready.delivery, post), counter, post)
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
