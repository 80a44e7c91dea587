"""Storing that a document is settled: from then on its class is not computed again, whatever changes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from models.reading.standings import Standing
from models.rules.coverage import SETTLED
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.values.campaign import REAL
from tasks.kinds.kind import Kind, MonthlyKind
from tasks.kinds.registry import KINDS


def settle(session: Session, kind: Kind, standings: Iterable[Standing]) -> int:
    """Store the class of those that are settled and not stored yet; how many they are.

    Reminders are not stored: an invoice that was reminded of is due again by its dates.
    """
    if not isinstance(kind, MonthlyKind):
        return 0
    found = [s for s in standings if s.document_id and not s.is_settled and s.coverage in SETTLED]
    for standing in found:
        session.execute(
            update(Document)
            .where(Document.id == standing.document_id, Document.settled_as == "")
            .values(settled_as=standing.coverage.value, settled_at=standing.settled_at)
        )
    return len(found)


def settle_all(session: Session) -> int:
    """Settle what is settled, in every month: before anything that a document is judged by may change."""
    return sum(
        settle(session, kind, kind.of_month(session, month, ()))
        for kind in KINDS.values()
        if isinstance(kind, MonthlyKind)
        for month in _open_months(session, kind.name)
    )


def reopen(session: Session, document_id: int) -> None:
    """A person wants the document to be sent once more."""
    session.execute(update(Document).where(Document.id == document_id).values(settled_as="", settled_at=None))


def _open_months(session: Session, kind: str) -> list[str]:
    """The months with a document that was sent or printed and is not settled."""
    touched = or_(
        exists().where(Delivery.document_id == Document.id, Delivery.purpose == REAL),
        exists().where(Printing.document_id == Document.id),
    )
    months = session.scalars(
        select(func.coalesce(Document.period, Invoice.period))
        .outerjoin(Invoice, Document.invoice_id == Invoice.id)
        .where(Document.kind == kind, Document.settled_as == "", touched)
        .distinct()
    )
    return sorted(month for month in months if month)
