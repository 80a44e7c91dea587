"""Mailing one document: address resolution, composing and sending, one task run per document."""

from __future__ import annotations

from datetime import timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed
from sqlalchemy import Connection as Rows

from models import ledger
from models.base import utc_now
from models.decision import resend_was_decided
from models.pending import PendingDelivery, read_again, read_pending
from models.reminder_sources import ReminderSource, note_dropped, read_source
from models.rules.states import FAILED, DeliveryState
from models.session import reading_rows, writing_rows
from models.values.documents import DocumentReference
from tasks import archive
from tasks.addressing import NO_LONGER_CURRENT, NOTHING_LEFT, current_recipient
from tasks.breaker import full_archive
from tasks.composing import UnwritableError, compose, identity
from tasks.documents.reminder_wording import ConsumerTermsError
from tasks.labels import observed
from tasks.mail.transport import Connection
from tasks.moments import paris_moment
from tasks.points import reached
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
    S.HANDING_OVER,
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
    with reading_rows(post.settings.database) as rows:
        deliveries = read_pending(rows, document)
    sent = [_mail(delivery, document, post) for delivery in deliveries if delivery.state in _SENDABLE]
    if not sent:
        return Completed(name="Déjà envoyé", message="Rien à envoyer : tout est déjà parti.")
    return _task_state(min(sent, key=lambda outcome: _BY_GRAVITY.index(outcome.state)))


def _mail(delivery: PendingDelivery, document: DocumentReference, post: PostOffice) -> Sent:
    counter = post.counter(document.structure)
    while True:  # ends: every fault of the relay brings the breaker nearer, and every broken connection is gone
        with counter.connection() as connection:
            if isinstance(connection, Stopped):
                return Sent(S.COMPOSED, connection.evidence, connection.sentence)
            if not isinstance(connection, Connection):
                counter.judge(connection)
                continue
            outcome = _mail_over(connection, delivery, counter, post)
        if not outcome.again:
            return outcome
        delivery = _reread(delivery, post)


def _mail_over(connection: Connection, delivery: PendingDelivery, counter: Counter, post: PostOffice) -> Sent:
    for _ in range(TRIES_AT_CHANGING_SOURCE):
        claimed = _claim(delivery, connection.size_limit, counter, post)
        if isinstance(claimed, Claimed):
            return send(claimed, connection, counter, post.settings)
        if claimed is not None:
            return claimed
        delivery = _reread(delivery, post)
    return Sent(S.PLANNED, sentence="les données changent sans cesse ; relancez plus tard")


def _reread(delivery: PendingDelivery, post: PostOffice) -> PendingDelivery:
    with reading_rows(post.settings.database) as rows:
        return read_again(rows, delivery.id)


def _claim(delivery: PendingDelivery, size_limit: int, counter: Counter, post: PostOffice) -> Claimed | Sent | None:
    """Compose what is not composed, and claim the row; None when the source changed meanwhile: do it anew."""
    if delivery.state not in _SENDABLE:
        return Sent(delivery.state, sentence="un autre traitement s'en occupe")
    settings, fresh = post.settings, delivery.state is S.PLANNED
    with reading_rows(settings.database) as rows:
        source, recipients = read_source(rows, delivery.document_id)
    recipient = current_recipient(delivery, recipients)
    if recipient is None:
        with writing_rows(settings.database) as rows:
            return _withdraw(rows, delivery)
    if isinstance(source, ReminderSource) and not source.paper.lines:
        with writing_rows(settings.database) as rows:
            note_dropped(rows, source)
            return _withdraw(rows, delivery, NOTHING_LEFT)
    if fresh:
        try:
            composed = compose(source, delivery, recipient, settings.archive, size_limit, utc_now(), post.draw)
        except (UnwritableError, ConsumerTermsError, ValueError, ArithmeticError, KeyError, OSError) as error:
            return _unwritten(delivery, post, error)
        message, note = composed.message, composed.note
        try:
            archive_key = archive.put(settings.archive, message)
        except OSError as error:
            return _unkept(counter, post, error)
        reached("composed")
    else:
        try:
            message, archive_key = archive.get(settings.archive, delivery.archive_key), delivery.archive_key
        except (OSError, ValueError):
            return _lost_bytes(delivery, post)
    now = utc_now()
    lease = now + timedelta(seconds=settings.sending.lease_seconds)
    relay = counter.relay.account
    with writing_rows(settings.database) as rows:
        ledger.hold(rows, delivery.id)
        latest, recipients = read_source(rows, delivery.document_id)
        if current_recipient(delivery, recipients) is None:
            return _withdraw(rows, delivery)
        if fresh and latest != source:
            return None
        changed = not fresh and latest.fingerprint != delivery.fingerprint
        if changed and not resend_was_decided(rows, delivery.id):
            ledger.replan(rows, delivery.id, delivery.state, now=now)
            return None
        if isinstance(latest, ReminderSource) and not changed:  # old bytes still name what was paid since
            note_dropped(rows, latest)
        if fresh:
            attempt = ledger.compose_and_claim(
                rows,
                delivery.id,
                fingerprint=latest.fingerprint,
                archive_key=archive_key,
                message_id=identity(latest, delivery),
                note=note,
                flow_run_id=post.flow_run_id,
                relay=relay,
                leased_until=lease,
                now=now,
            )
        else:
            attempt = ledger.claim(
                rows,
                delivery.id,
                delivery.state,
                flow_run_id=post.flow_run_id,
                relay=relay,
                leased_until=lease,
                now=now,
            )
    if attempt is None:
        return None
    reached("claimed")
    address = delivery.redirected_to or recipient.address
    return Claimed(delivery.id, attempt, source.sender_email, address, message)


def _withdraw(rows: Rows, delivery: PendingDelivery, why: str = NO_LONGER_CURRENT) -> Sent:
    ledger.withdraw(rows, delivery.id, delivery.state, note=why, now=utc_now())
    return Sent(S.WITHDRAWN, sentence=why)


def _lost_bytes(delivery: PendingDelivery, post: PostOffice) -> Sent | None:
    """The archive no longer has what was composed: compose anew, unless a person decided on those very bytes."""
    with writing_rows(post.settings.database) as rows:
        if resend_was_decided(rows, delivery.id):
            return Sent(delivery.state, sentence="le message à renvoyer à l'identique manque dans l'archive")
        ledger.replan(rows, delivery.id, delivery.state, now=utc_now())
    return None


def _unwritten(delivery: PendingDelivery, post: PostOffice, error: Exception) -> Sent:
    sentence = (
        str(error)
        if isinstance(error, UnwritableError | ConsumerTermsError)
        else f"le message n'a pas pu être composé : {error}"
    )
    with writing_rows(post.settings.database) as rows:
        ledger.fail_composing(rows, delivery.id, flow_run_id=post.flow_run_id, sentence=sentence, now=utc_now())
    return Sent(S.PLANNED, sentence=sentence)


def _unkept(counter: Counter, post: PostOffice, error: OSError) -> Sent:
    """The archive cannot be written: a fault of this machine, which stops the run and is counted against nobody."""
    counter.stop(full_archive(post.settings.archive, error))
    assert counter.stopped is not None
    return Sent(S.COMPOSED, sentence=counter.stopped.sentence)


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
