"""What failed for an address's sake, and its new sending when a person wants it by force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.overdue import read_overdue
from models.reading.standings import Standing, read_standings
from models.rules.coverage import Coverage
from models.rules.states import FAILED, DeliveryState
from models.tables.delivery import Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.values.campaign import REAL
from models.values.documents import DocumentReference
from models.values.ending import Ending, Stopped
from models.values.moments import PARIS
from settings.ledger import reading_ledger
from tasks.campaigns.requests import MonthlyRequest
from tasks.french.numbers import counted_if_any
from tasks.kinds.registry import KINDS
from tasks.monthly.choosing import Choice, store_choice
from tasks.monthly.planning import plan_month
from tasks.pages.headlines import Tally, counts


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
    campaign = plan_month(request, {"periode": period, "motif": words, "forcer_les_refuses": True})
    store_choice(campaign, Choice(stuck, reason=words, only_failed=not to_all))


def resent(
    documents: Collection[DocumentReference], failures: Failures, stops: Collection[Stopped], *, forced: bool
) -> Ending:
    """How the run ends: what became of ``documents``, read from the ledger, and what only a person can mend."""
    with reading_ledger() as session:
        tally, next_try = _tally(session, documents)
    sentences = []
    if documents:
        sentences.append(f"Reprise de {_counted(documents)} : {counts(tally, next_try)}.")
    else:
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


def _tally(session: Session, documents: Collection[DocumentReference]) -> tuple[Tally, datetime | None]:
    wanted = {(document.document_id, document.version) for document in documents}
    rows = session.execute(
        select(Delivery.document_id, Delivery.version, Delivery.state, Delivery.unwritten, Delivery.not_before).where(
            Delivery.purpose == REAL, Delivery.document_id.in_({document for document, _ in wanted})
        )
    ).all()
    rows = [row for row in rows if (row.document_id, row.version) in wanted]
    tally = Tally.of([(row.document_id, DeliveryState(row.state), row.unwritten) for row in rows])
    return tally, min((row.not_before for row in rows if row.not_before), default=None)
