"""The uncertain deliveries of real campaigns: the question that a run asks about each, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.ledger import steps
from models.rules.states import DeliveryState
from models.tables.decision import Decision
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.people import Client, Resident
from models.tables.reminder import Reminder
from models.values.campaign import REAL
from models.values.evidence import Fault
from models.values.people import alphabetical, full_name
from models.values.reminder_paper import LEVEL_NAMES
from settings.ledger import reading_ledger, writing_ledger
from tasks.french.labels import FAULT, ROLE
from tasks.french.moments import paris_moment
from tasks.pages.publishing import publish_page
from tasks.pages.rendering import render_page

INTERRUPTED = "Facteur s'est arrêté pendant la remise : la réponse du serveur n'a pas été lue"
AFTER_THE_CONTENT = "après la remise du message"
DURING = "pendant la remise"


@dataclass(frozen=True, slots=True)
class _Found:
    """An uncertain delivery with its last attempt: whose it is, and what was sent ("F2024-0912", "relance 1")."""

    delivery: Delivery
    attempt: Attempt
    name: str
    what: str

    @property
    def order(self) -> tuple[str, str, int]:
        return alphabetical(self.name), self.what, self.delivery.id


@dataclass(frozen=True, slots=True)
class Question:
    """One uncertain delivery as a run asked about it; ``label`` is stored, so that the form never changes."""

    delivery_id: int
    label: str
    answered: bool


def ask_about(flow_run_id: str, period: str) -> list[Question]:
    """What this run asks: everything uncertain of ``period``, stored the first time it is read.

    Without a period, everything; with one, the invoices of that month: a reminder has no period.

    Takes up first what dead workers left. Trials are left out: a trial is simply tried again.
    """
    now = utc_now()
    with writing_ledger() as session:
        asked = _asked(session, flow_run_id)
        if not asked:
            steps.end_lost_leases(session.connection(), now=now)
            labels: set[str] = set()
            for found in _uncertain(session, period):
                label = _label(found)
                label = f"{label} · {found.delivery.id}" if label in labels else label
                labels.add(label)
                session.add(Decision(delivery_id=found.delivery.id, flow_run_id=flow_run_id, asked_at=now, shown=label))
            session.flush()
            asked = _asked(session, flow_run_id)
        return [Question(row.delivery_id, row.shown, row.taken_at is not None) for row in asked]


def publish_evidence(flow_run_id: str) -> str:
    """Publish what is known of each delivery that the run asks about, once; the page's id."""
    with reading_ledger() as session:
        page = session.scalars(select(Decision.page).where(Decision.flow_run_id == flow_run_id)).first()
        if page:
            return page
        asked = select(Decision.delivery_id).where(Decision.flow_run_id == flow_run_id)
        found = _sorted(session, _with_evidence().where(Delivery.id.in_(asked)))
        markdown = render_page("uncertain", rows=[_evidence(row) for row in found])
    page = str(publish_page("envois-incertains", "Envois incertains : les indices", markdown, flow_run_id))
    with writing_ledger() as session:
        for row in _asked(session, flow_run_id):
            row.page = page
    return page


def _asked(session: Session, flow_run_id: str) -> list[Decision]:
    return list(session.scalars(select(Decision).where(Decision.flow_run_id == flow_run_id).order_by(Decision.id)))


def _with_evidence() -> Select[Any]:
    return (
        select(
            Delivery,
            Attempt,
            Document.left_as,
            Invoice.number,
            Resident.last_name,
            Resident.first_name,
            Client.name,
            Reminder.level,
        )
        .join(Document, Delivery.document_id == Document.id)
        .join(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt))
        .outerjoin(Invoice, Document.invoice_id == Invoice.id)
        .outerjoin(Reminder, Reminder.document_id == Document.id)
        .outerjoin(Resident, Invoice.resident_id == Resident.id)
        .outerjoin(Client, Client.id == func.coalesce(Invoice.client_id, Reminder.client_id))
    )


def _uncertain(session: Session, period: str) -> list[_Found]:
    query = _with_evidence().where(Delivery.state == DeliveryState.UNCERTAIN, Delivery.purpose == REAL)
    if period:
        query = query.where(Invoice.period == period)
    return _sorted(session, query)


def _sorted(session: Session, query: Select[Any]) -> list[_Found]:
    found = [
        _Found(delivery, attempt, left_as or client or full_name(last, first), number or LEVEL_NAMES[level])
        for delivery, attempt, left_as, number, last, first, client, level in session.execute(query).tuples()
    ]
    return sorted(found, key=lambda one: one.order)


def _label(found: _Found) -> str:
    delivery = found.delivery
    again = f"envoi n° {delivery.version}" if delivery.version > 1 else ""
    parts = (found.name, found.what, delivery.address, paris_moment(found.attempt.started_at), again)
    return " · ".join(part for part in parts if part)


def _evidence(found: _Found) -> dict[str, str]:
    delivery, attempt = found.delivery, found.attempt
    # The server's own words as they are, what cannot be read included; any other fault of the connection in French.
    words = attempt.reply if attempt.fault in ("", Fault.GARBLED) else ""
    parts = (FAULT[Fault(attempt.fault)] if attempt.fault else "", attempt.enhanced, words)
    observed = " ".join(part for part in parts if part)
    return {
        "name": found.name,
        "number": found.what,
        "role": ROLE.get(delivery.role, delivery.role),  # type: ignore[call-overload]
        "address": delivery.address,
        "at": paris_moment(attempt.started_at),
        "stage": AFTER_THE_CONTENT if attempt.stage else DURING,
        "code": str(attempt.code or ""),
        "reply": observed or INTERRUPTED,
        "relay": attempt.relay.rpartition("@")[2],
        "message_id": delivery.message_id,
    }
