"""The uncertain deliveries of real campaigns: the question that a run asks about each, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_markdown_artifact
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from models import ledger
from models.base import utc_now
from models.campaign import REAL
from models.decision import Decision
from models.delivery import Attempt, Delivery
from models.document import Document
from models.invoice import Invoice
from models.rules.states import DeliveryState
from models.session import reading, writing
from models.sources import debtor_name
from settings.load import load_settings
from tasks.labels import ROLE
from tasks.moments import paris_moment
from tasks.rendering import render_page

INTERRUPTED = "Facteur s'est arrêté pendant la remise : la réponse du serveur n'a pas été lue"
AFTER_THE_CONTENT = "après la remise du message"
DURING = "pendant la remise"


@dataclass(frozen=True, slots=True)
class Question:
    """One uncertain delivery as a run asked about it; ``label`` is stored, so that the form never changes."""

    delivery_id: int
    label: str
    answered: bool


def ask_about(flow_run_id: str, period: str) -> list[Question]:
    """What this run asks: everything uncertain of ``period`` (empty: of all), stored the first time it is read.

    Takes up first what dead workers left. Trials are left out: a trial is simply tried again.
    """
    now = utc_now()
    with writing(load_settings().database) as session:
        asked = _asked(session, flow_run_id)
        if not asked:
            ledger.end_lost_leases(session, now=now)
            labels: set[str] = set()
            for delivery, attempt, invoice in _uncertain(session, period):
                label = _label(delivery, attempt, invoice)
                label = f"{label} · {delivery.id}" if label in labels else label
                labels.add(label)
                session.add(Decision(delivery_id=delivery.id, flow_run_id=flow_run_id, asked_at=now, shown=label))
            session.flush()
            asked = _asked(session, flow_run_id)
        return [Question(row.delivery_id, row.shown, row.taken_at is not None) for row in asked]


def publish_evidence(flow_run_id: str) -> str:
    """Publish what is known of each delivery that the run asks about, once; the page's id."""
    with reading(load_settings().database) as session:
        page = session.scalars(select(Decision.page).where(Decision.flow_run_id == flow_run_id)).first()
        if page:
            return page
        asked = select(Decision.delivery_id).where(Decision.flow_run_id == flow_run_id)
        found = session.execute(_with_evidence().where(Delivery.id.in_(asked))).all()
        markdown = render_page("uncertain", rows=[_evidence(*row) for row in _sorted(found)])
    artifact = create_markdown_artifact(
        markdown, key="envois-incertains", description="Envois incertains : les indices"
    )
    page = str(cast("UUID", artifact))
    with writing(load_settings().database) as session:
        for row in _asked(session, flow_run_id):
            row.page = page
    return page


def _asked(session: Session, flow_run_id: str) -> list[Decision]:
    return list(session.scalars(select(Decision).where(Decision.flow_run_id == flow_run_id).order_by(Decision.id)))


def _with_evidence() -> Select[tuple[Delivery, Attempt, Invoice]]:
    return (
        select(Delivery, Attempt, Invoice)
        .join(Document, Delivery.document_id == Document.id)
        .join(Invoice, Document.invoice_id == Invoice.id)
        .join(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt))
    )


def _uncertain(session: Session, period: str) -> list[Row[tuple[Delivery, Attempt, Invoice]]]:
    query = _with_evidence().where(Delivery.state == DeliveryState.UNCERTAIN, Delivery.purpose == REAL)
    if period:
        query = query.where(Invoice.period == period)
    return _sorted(list(session.execute(query).all()))


def _sorted(rows: Any) -> list[Row[tuple[Delivery, Attempt, Invoice]]]:
    return sorted(rows, key=lambda row: (debtor_name(row[2]), row[2].number, row[0].id))


def _label(delivery: Delivery, attempt: Attempt, invoice: Invoice) -> str:
    again = f"envoi n° {delivery.version}" if delivery.version > 1 else ""
    parts = (debtor_name(invoice), invoice.number, delivery.address, paris_moment(attempt.started_at), again)
    return " · ".join(part for part in parts if part)


def _evidence(delivery: Delivery, attempt: Attempt, invoice: Invoice) -> dict[str, str]:
    observed = " ".join(part for part in (attempt.fault, attempt.enhanced, attempt.reply) if part)
    return {
        "name": debtor_name(invoice),
        "number": invoice.number,
        "role": ROLE.get(delivery.role, delivery.role),  # type: ignore[call-overload]
        "address": delivery.address,
        "at": paris_moment(attempt.started_at),
        "stage": AFTER_THE_CONTENT if attempt.stage else DURING,
        "code": str(attempt.code or ""),
        "reply": observed or INTERRUPTED,
        "relay": attempt.relay,
        "message_id": delivery.message_id,
    }
