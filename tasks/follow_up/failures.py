"""What failed for an address's sake, and its new sending when a person wants it by force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.overdue import read_overdue
from models.reading.standings import Standing, read_standings
from models.rules.coverage import Coverage
from models.rules.states import FAILED, DeliveryState
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.values.campaign import REAL
from models.values.documents import DocumentReference
from models.values.ending import Ending, Stopped
from models.values.moments import PARIS
from settings.ledger import reading_ledger
from tasks.campaigns.requests import MonthlyRequest
from tasks.campaigns.stored import BY_FORCE
from tasks.french.numbers import counted_if_any
from tasks.kinds.registry import KINDS
from tasks.monthly.choosing import Choice, store_choice
from tasks.monthly.planning import plan_month
from tasks.pages.headlines import Tally, counts

S = DeliveryState
SENDABLE = frozenset({S.PLANNED, S.COMPOSED, S.DEFERRED})


@dataclass(frozen=True, slots=True)
class Failures:
    """The documents of which an address was refused or given up, by what helps.

    ``stuck`` invoices have no other address: only force sends them again. For ``mended`` ones a new address has come
    since. ``reminders`` are never forced: an invoice that was not reminded of is due in the next campaign.
    """

    stuck: frozenset[int]
    mended: frozenset[int]
    reminders: frozenset[int] = frozenset()


def read_failures(period: str) -> Failures:
    """The failures of the latest versions. What was printed since is none any more.

    Of the invoices of ``period``; without one, of all invoices and of the reminders of what is overdue today.
    """
    with reading_ledger() as session:
        standings = [s for month in _periods(session, period) for s in read_standings(session, month)]
        reminders = frozenset() if period else _failed_reminders(session)
    failed = [
        s for s in standings if s.document_id and not s.is_settled and any(d.state in FAILED for d in s.deliveries)
    ]
    return Failures(
        stuck=frozenset(s.document_id or 0 for s in failed if _is_stuck(s)),
        mended=frozenset(s.document_id or 0 for s in failed if _is_mended(s)),
        reminders=reminders,
    )


def _failed_reminders(session: Session) -> frozenset[int]:
    overdue = read_overdue(session, utc_now().astimezone(PARIS).date())
    return frozenset(s.last.document_id for s in overdue if s.last and s.coverage is Coverage.FAILED)


def _periods(session: Session, period: str) -> list[str]:
    if period:
        return [period]
    found = session.scalars(
        select(Invoice.period)
        .join(Document, Document.invoice_id == Invoice.id)
        .join(Delivery, Delivery.document_id == Document.id)
        .where(Delivery.purpose == REAL, Delivery.state.in_(FAILED), Invoice.period.is_not(None))
        .distinct()
    )
    return sorted(month for month in found if month)


def _is_stuck(standing: Standing) -> bool:
    """A person's last sending was refused, and nobody has the paper; a person settles an uncertain one first."""
    refused = any(delivery.state in FAILED for delivery in standing.failing)
    return standing.coverage is Coverage.FAILED and standing.mailable and refused


def _is_mended(standing: Standing) -> bool:
    """A new address has come since: the next ``factures-mensuelles`` plans it."""
    return standing.coverage is Coverage.WAITING and bool(standing.unserved)


def plan_by_force(flow_run_id: str, period: str, reason: str, *, to_all: bool) -> None:
    """Plan a new version of every stuck document of ``period``, as a second campaign; once for a flow run.

    It goes to the addresses that failed alone, or with ``to_all`` to those too that accepted the earlier one.
    """
    stuck = read_failures(period).stuck
    if not stuck:
        return
    words = " ".join(reason.split())[:300]
    request = MonthlyRequest(flow_run_id, period, (), words)
    campaign = plan_month(request, {"periode": period, "motif": words, BY_FORCE: True})
    store_choice(campaign, Choice(stuck, reason=words, only_failed=not to_all))


def resent(
    flow_run_id: str,
    documents: Collection[DocumentReference],
    failures: Failures,
    stops: Collection[Stopped],
    *,
    forced: bool,
) -> Ending:
    """How the run ends: what became of ``documents``, read from the ledger, and what only a person can mend.

    What another run has sent of them meanwhile is that run's, and is counted apart.
    """
    with reading_ledger() as session:
        rows = _own(session, flow_run_id, documents)
    tally = Tally.of([(row.document_id, DeliveryState(row.state), row.unwritten) for row in rows])
    next_try = min((row.not_before for row in rows if row.not_before), default=None)
    own = {row.document_id for row in rows}
    taken_up = [document for document in documents if document.document_id in own]
    elsewhere = [document for document in documents if document.document_id not in own]
    sentences = []
    if taken_up:
        sentences.append(f"Reprise de {_counted(taken_up)} : {counts(tally, next_try)}.")
    if elsewhere:
        sentences.append(f"Prises entre-temps par une autre exécution : {_counted(elsewhere)}.")
    if not documents:
        sentences.append("Rien à relancer : aucun envoi n'attend.")
    if failures.stuck and not forced:
        sentences.append(
            f"Échecs qui ne repartent pas seuls : {len(failures.stuck)}. Corrigez l'adresse et importez-la, "
            "ou relancez avec « forcer_les_refuses » et un motif."
        )
    if failures.mended:
        sentences.append(
            f"Échecs dont l'adresse a changé : {len(failures.mended)}. « factures-mensuelles » les enverra "
            "à la nouvelle adresse, sans rien forcer."
        )
    if failures.reminders:
        sentences.append(
            f"Relances de clients en échec, qui ne repartent pas de force : {len(failures.reminders)}. Imprimez-les, "
            "ou corrigez l'adresse, importez-la et relancez « relances »."
        )
    sentences += [f"Arrêt : {stop.sentence}. {stop.remedy}" for stop in list(stops)[:1]]
    return Ending(" ".join(sentences), bool(stops or tally.refused or tally.uncertain or tally.waiting))


def _counted(documents: Collection[DocumentReference]) -> str:
    """``2 factures et 1 relance``."""
    kinds = Counter(kind for _, kind in {(document.document_id, document.kind) for document in documents})
    parts = (counted_if_any(kinds[kind.name], kind.one) for kind in KINDS.values())
    return " et ".join(part for part in parts if part)


def _own(session: Session, flow_run_id: str, documents: Collection[DocumentReference]) -> list[Row[Any]]:
    """The deliveries that this run tried last, that still wait, or that were withdrawn without a try elsewhere."""
    wanted = {(document.document_id, document.version) for document in documents}
    rows = session.execute(
        select(
            Delivery.document_id,
            Delivery.version,
            Delivery.state,
            Delivery.unwritten,
            Delivery.not_before,
            Attempt.flow_run_id,
        )
        .outerjoin(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt))
        .where(Delivery.purpose == REAL, Delivery.document_id.in_({document for document, _ in wanted}))
    ).all()
    rows = [row for row in rows if (row.document_id, row.version) in wanted]
    elsewhere = {row.document_id for row in rows if row.state != S.WITHDRAWN and not _is_own(row, flow_run_id)}
    return [
        row
        for row in rows
        if _is_own(row, flow_run_id) or (row.state == S.WITHDRAWN and row.document_id not in elsewhere)
    ]


def _is_own(row: Row[Any], flow_run_id: str) -> bool:
    return row.flow_run_id == flow_run_id or row.state in SENDABLE
