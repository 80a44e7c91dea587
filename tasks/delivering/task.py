"""Mailing one document: prepare, lend, claim, send; one task run per document."""

from __future__ import annotations

from typing import assert_never

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from models.database.session import reading_rows
from models.ledger.pending import PendingDelivery, read_pending
from models.rules.states import DeliveryState
from models.values.documents import DocumentReference
from models.values.ending import Stopped
from models.values.evidence import Evidence
from tasks.delivering.claiming import claim
from tasks.delivering.endings import Again, Settled, held_back
from tasks.delivering.preparing import SENDABLE, Ready, prepare, reread
from tasks.delivering.run import SendingRun
from tasks.delivering.sending import Claimed, send
from tasks.french.labels import observed
from tasks.french.moments import paris_moment
from tasks.kinds.kind import Found, Kind
from tasks.kinds.registry import kind_named
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
    kind = kind_named(document.kind)
    with reading_rows(run.settings.database) as rows:
        deliveries = [delivery for delivery in read_pending(rows, document) if delivery.state in SENDABLE]
        if not deliveries:
            return Completed(name="Déjà envoyé", message="Rien à envoyer : tout est déjà parti.")
        found = kind.read_source(rows, document.document_id)
    pool = run.pool(document.structure)
    settled = [_mail(delivery, found, kind, pool, run) for delivery in deliveries]
    return _task_state(min(settled, key=lambda one: _BY_GRAVITY.index(one.state)))


def _mail(delivery: PendingDelivery, found: Found, kind: Kind, pool: RelayPool, run: SendingRun) -> Settled:
    """Prepare, lend, claim, send: from the beginning again when something changed on the way.

    It ends: every fault of the relay brings the breaker nearer, and changes are looked at a few times.
    """
    changes = 0
    # Composed before a session is free: what it takes costs nobody his turn.
    step = prepare(delivery, found, kind, pool, run) if pool.stopped is None else held_back(pool.stopped)
    while not isinstance(step, Settled):
        if pool.stopped is not None:
            return held_back(pool.stopped)
        if isinstance(step, Ready):
            step = _hand_in(step, kind, pool, run)
            continue
        changes += not step.relay_at_fault
        if changes == TRIES_AT_CHANGING_SOURCE:
            return Settled(S.PLANNED, sentence="les données changent sans cesse ; relancez plus tard")
        delivery, found = reread(delivery, kind, run)
        step = prepare(delivery, found, kind, pool, run)
    return step


def _hand_in(ready: Ready, kind: Kind, pool: RelayPool, run: SendingRun) -> Ready | Again | Settled:
    """Lend, claim, send; ``ready`` itself when no session could be had."""
    with pool.session() as session:
        match session:
            case Stopped():
                return held_back(session)
            case Evidence():
                pool.judge(session)
                return ready
        if ready.is_too_large(session.size_limit):  # known only now: composed anew, without copies
            return Again()
        claimed = claim(ready, kind, pool.relay.account, run)
        return send(claimed, session, pool, run.settings) if isinstance(claimed, Claimed) else claimed


def _task_state(worst: Settled) -> State[None]:
    """The state of a task run in words that a clerk understands."""
    seen = f" : {observed(worst.evidence)}" if worst.evidence else ""
    match worst.state:
        case S.ACCEPTED:
            return Completed(name="Envoyé", message=f"Envoyé{seen}")
        case S.UNCERTAIN:
            return Failed(name="Incertain", message=f"Incertain{seen}. {worst.sentence}")
        case S.REFUSED | S.ABANDONED:
            return Failed(name="Refusé", message=f"Refusé à l'envoi{seen}. {worst.sentence}")
        case S.DEFERRED:
            when = f" Prochain essai le {paris_moment(worst.not_before)}." if worst.not_before else ""
            return Completed(name="Différé", message=f"Différé{seen}.{when}")
        case S.WITHDRAWN:
            return Completed(name="Retiré", message=f"Retiré de l'envoi : {worst.sentence}.")
        case S.PLANNED:
            return Failed(name="Non composé", message=f"Arrêté à la composition : {worst.sentence}.")
        case S.COMPOSED | S.CLAIMED | S.HANDING_OVER:
            return Cancelled(name="En attente", message=f"En attente : {worst.sentence}")
        case _:
            assert_never(worst.state)
