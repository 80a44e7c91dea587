"""Which old invoices nobody has to do anything about any more."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.rules.states import FAILED, FINAL, DeliveryState
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.values.campaign import REAL

S = DeliveryState


def settled_invoices(session: Session, before: date) -> set[int]:
    """The invoices issued before a day whose PDF has no use left.

    A resident's was printed, or accepted for every address of its latest sending; a client's is paid, so that no
    reminder comes back to it. Nothing of it waits or is uncertain. An address that changed since does not matter here.
    """
    rows = session.execute(
        select(Invoice.id, Invoice.client_id, Invoice.balance, Document.id.label("document_id"))
        .outerjoin(Document, Document.invoice_id == Invoice.id)
        .where(Invoice.issued_on < before, Invoice.pdf_key != "")
    ).all()
    wanted = (
        select(Document.id)
        .join(Invoice, Document.invoice_id == Invoice.id)
        .where(Invoice.issued_on < before, Invoice.pdf_key != "")
    )
    printed = set(session.scalars(select(Printing.document_id).where(Printing.document_id.in_(wanted))))
    deliveries: dict[int, list[tuple[int, str, DeliveryState]]] = defaultdict(list)
    for document, version, purpose, state in session.execute(
        select(Delivery.document_id, Delivery.version, Delivery.purpose, Delivery.state).where(
            Delivery.document_id.in_(wanted)
        )
    ).tuples():
        deliveries[document].append((version, purpose, DeliveryState(state)))
    return {
        row.id
        for row in rows
        if not any(state not in FINAL for _, _, state in deliveries[row.document_id])
        and (
            row.balance == 0
            if row.client_id is not None
            else row.document_id in printed or _is_sent(deliveries[row.document_id])
        )
    }


def _is_sent(deliveries: list[tuple[int, str, DeliveryState]]) -> bool:
    real = [(version, state) for version, purpose, state in deliveries if purpose == REAL]
    latest = max((version for version, _ in real), default=0)
    states = {state for version, state in real if version == latest}
    return S.ACCEPTED in states and not states & FAILED
