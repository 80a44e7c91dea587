"""Mailing one document: address resolution, composing and sending, one task run per document."""

from __future__ import annotations

from datetime import timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed
from sqlalchemy import select

from models import ledger
from models.base import utc_now
from models.delivery import Delivery
from models.rules.states import FAILED, DeliveryState
from models.session import reading, writing
from models.sources import read_source
from models.values.documents import DocumentReference
from tasks import archive
from tasks.addressing import NO_LONGER_CURRENT, current_recipient
from tasks.composing import UnwritableError, compose, identity
from tasks.mail.transport import Connection
from tasks.moments import paris_moment
from tasks.post_office import Counter, PostOffice, Stopped
from tasks.sending import Claimed, Sent, send

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
    S.DEFERRED,
    S.WITHDRAWN,
    S.ACCEPTED,
)
_SENDABLE = frozenset({S.PLANNED, S.COMPOSED, S.DEFERRED})


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
    with reading(post.settings.database) as session:
        rows = session.execute(
            select(Delivery.id, Delivery.state)
            .where(
                Delivery.document_id == document.document_id,
                Delivery.version == document.version,
                Delivery.purpose == document.purpose,
            )
            .order_by(Delivery.id)
        ).all()
    sent = [_mail(row.id, document, post) for row in rows if row.state in _SENDABLE]
    if not sent:
        return Completed(name="Déjà envoyé", message="Rien à envoyer : tout est déjà parti.")
    return _task_state(min(sent, key=lambda outcome: _BY_GRAVITY.index(outcome.state)))


def _mail(delivery_id: int, document: DocumentReference, post: PostOffice) -> Sent:
    counter = post.counter(document.structure)
    while True:  # ends: every fault of the relay brings the breaker nearer, and every broken connection is gone
        with counter.connection() as connection:
            if isinstance(connection, Stopped):
                return Sent(S.COMPOSED, connection.evidence, connection.sentence)
            if not isinstance(connection, Connection):
                counter.judge(connection)
                continue
            outcome = _mail_over(connection, delivery_id, counter, post)
        if not outcome.again:
            return outcome


def _mail_over(connection: Connection, delivery_id: int, counter: Counter, post: PostOffice) -> Sent:
    for _ in range(TRIES_AT_CHANGING_SOURCE):
        claimed = _claim(delivery_id, counter, post)
        if isinstance(claimed, Claimed):
            return send(claimed, connection, counter, post.settings)
        if claimed is not None:
            return claimed
    return Sent(S.PLANNED, sentence="les données changent sans cesse ; relancez plus tard")


def _claim(delivery_id: int, counter: Counter, post: PostOffice) -> Claimed | Sent | None:
    """Compose what is not composed and claim the row; None when the source changed under it and it must be done anew."""
    settings = post.settings
    with reading(settings.database) as session:
        delivery = session.get_one(Delivery, delivery_id)
        source, recipients = read_source(session, delivery.document_id)
        session.expunge(delivery)
    state = DeliveryState(delivery.state)
    if state not in _SENDABLE:
        return Sent(state, sentence="un autre traitement s'en occupe")
    recipient = current_recipient(delivery, recipients)
    if recipient is None:
        with writing(settings.database) as session:
            ledger.withdraw(session, delivery_id, state, note=NO_LONGER_CURRENT, now=utc_now())
        return Sent(S.WITHDRAWN, sentence=NO_LONGER_CURRENT)
    fresh = state is S.PLANNED
    if fresh:
        try:
            message = compose(source, delivery, recipient, settings.archive, utc_now())
        except (UnwritableError, ValueError, ArithmeticError, KeyError, OSError) as error:
            return _unwritten(delivery_id, post, error)
        archive_key = archive.put(settings.archive, message)
    else:
        message, archive_key = archive.get(settings.archive, delivery.archive_key), delivery.archive_key
    now = utc_now()
    with writing(settings.database) as session:
        latest, recipients = read_source(session, delivery.document_id)
        if current_recipient(delivery, recipients) is None:
            ledger.withdraw(session, delivery_id, state, note=NO_LONGER_CURRENT, now=now)
            return Sent(S.WITHDRAWN, sentence=NO_LONGER_CURRENT)
        if latest.fingerprint != (source.fingerprint if fresh else delivery.fingerprint):
            if not fresh:
                ledger.replan(session, delivery_id, state, now=now)
            return None
        if fresh and not ledger.compose(
            session,
            delivery_id,
            fingerprint=latest.fingerprint,
            archive_key=archive_key,
            message_id=identity(latest, delivery),
            now=now,
        ):
            return None
        attempt = ledger.claim(
            session,
            delivery_id,
            S.COMPOSED if fresh else state,
            flow_run_id=post.flow_run_id,
            relay=counter.relay.account,
            leased_until=now + timedelta(seconds=settings.sending.lease_seconds),
            now=now,
        )
    if attempt is None:
        return None
    return Claimed(delivery_id, attempt, source.sender_email, delivery.redirected_to or recipient.address, message)


def _unwritten(delivery_id: int, post: PostOffice, error: Exception) -> Sent:
    sentence = str(error) if isinstance(error, UnwritableError) else f"le message n'a pas pu être composé : {error}"
    with writing(post.settings.database) as session:
        ledger.fail_composing(session, delivery_id, flow_run_id=post.flow_run_id, sentence=sentence, now=utc_now())
    return Sent(S.PLANNED, sentence=sentence)


def _task_state(worst: Sent) -> State[None]:
    """The state of a task run in words that a clerk understands."""
    observed = f" : {worst.evidence}" if worst.evidence else ""
    match worst.state:
        case S.ACCEPTED:
            return Completed(name="Envoyé", message=f"Envoyé{observed}")
        case S.UNCERTAIN:
            return Failed(name="Incertain", message=f"Incertain{observed}. {worst.sentence}")
        case state if state in FAILED:
            return Failed(name="Refusé", message=f"Refusé à l'envoi{observed}. {worst.sentence}")
        case S.DEFERRED:
            when = f" Prochain essai le {paris_moment(worst.not_before)}." if worst.not_before else ""
            return Completed(name="Différé", message=f"Différé{observed}.{when}")
        case S.WITHDRAWN:
            return Completed(name="Retiré", message=f"Retiré de l'envoi : {worst.sentence}.")
        case S.PLANNED:
            return Failed(name="Non composé", message=f"Arrêté à la composition : {worst.sentence}.")
        case _:
            return Cancelled(name="En attente", message=f"En attente : {worst.sentence}")
