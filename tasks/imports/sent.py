"""Which invoices can no longer change, because they have left, by mail or on paper, or may have left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from models.rules.replies import Verdict
from models.rules.states import WAITING, DeliveryState
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document, Printing
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import REAL
from models.values.moments import PARIS
from tasks.french.moments import paris_day
from tasks.imports.stored import QUERY_VALUES


def read_sent(session: Session, invoice_ids: Collection[int], now: datetime) -> dict[int, str]:
    """Why each of these invoices that has left can no longer change, in French ("est déjà envoyée le ...").

    A reminder sends the invoices that it names once more, and what was printed was posted. The deliveries stay locked
    until the transaction ends, so that none of them begins to leave meanwhile with the content that is about to change:
    whoever claims it then sees the new content.
    """
    reasons: dict[int, str] = {}
    ordered = sorted(invoice_ids)
    for start in range(0, len(ordered), QUERY_VALUES):
        wanted = ordered[start : start + QUERY_VALUES]
        for query, what in ((_own(wanted), "envoyée"), (_reminders(wanted), "relancée")):
            for invoice_id, state, accepted_at, changed_at, leased_until, was_uncertain in session.execute(query):
                leased = leased_until is not None and leased_until > now
                reason = _reason(what, state, accepted_at or changed_at, leased, was_uncertain)
                if reason and (invoice_id not in reasons or state == DeliveryState.ACCEPTED):
                    reasons[invoice_id] = reason
        for query, what in ((_printed(wanted), "imprimée"), (_printed_reminders(wanted), "relancée par courrier")):
            for invoice_id, printed_at in session.execute(query):
                reasons.setdefault(invoice_id, f"est déjà {what} le {_day(printed_at)}")
    return reasons


_DELIVERY = (
    Delivery.state,
    Delivery.accepted_at,
    Delivery.changed_at,
    Delivery.leased_until,
    exists().where(Attempt.delivery_id == Delivery.id, Attempt.verdict == Verdict.UNCERTAIN),
)


def _own(invoice_ids: Collection[int]) -> Select[Any]:
    """The deliveries of the invoices themselves."""
    return _locked(
        select(Document.invoice_id, *_DELIVERY)
        .join(Delivery, Delivery.document_id == Document.id)
        .where(Document.invoice_id.in_(invoice_ids))
    )


def _reminders(invoice_ids: Collection[int]) -> Select[Any]:
    """The deliveries of the reminders that name the invoices."""
    return _locked(
        select(ReminderLine.invoice_id, *_DELIVERY)
        .join(Reminder, ReminderLine.reminder_id == Reminder.id)
        .join(Delivery, Delivery.document_id == Reminder.document_id)
        .where(ReminderLine.invoice_id.in_(invoice_ids), ReminderLine.chosen.is_(True), ReminderLine.dropped == "")
    )


def _printed(invoice_ids: Collection[int]) -> Select[Any]:
    """When the invoices themselves were put into a file to print, the last time last."""
    return (
        select(Document.invoice_id, Printing.printed_at)
        .join(Printing, Printing.document_id == Document.id)
        .where(Document.invoice_id.in_(invoice_ids))
        .order_by(Printing.printed_at)
    )


def _printed_reminders(invoice_ids: Collection[int]) -> Select[Any]:
    """When the reminders that name the invoices were."""
    return (
        select(ReminderLine.invoice_id, Printing.printed_at)
        .join(Reminder, ReminderLine.reminder_id == Reminder.id)
        .join(Printing, Printing.document_id == Reminder.document_id)
        .where(ReminderLine.invoice_id.in_(invoice_ids), ReminderLine.chosen.is_(True), ReminderLine.dropped == "")
        .order_by(Printing.printed_at)
    )


def _locked(query: Select[Any]) -> Select[Any]:
    return query.where(Delivery.purpose == REAL).order_by(Delivery.id).with_for_update(of=Delivery)


def _reason(what: str, state: str, moment: datetime, leased: bool, was_uncertain: bool) -> str:
    on = _day(moment)
    match state:
        case DeliveryState.ACCEPTED:
            return f"est déjà {what} le {on}"
        case DeliveryState.UNCERTAIN | DeliveryState.HANDING_OVER:
            return f"est peut-être déjà {what} le {on} (envoi incertain)"
        case DeliveryState.CLAIMED if leased:
            return "est en cours d'envoi"
        case waiting if waiting in WAITING and was_uncertain:  # sent again by decision: a first copy may have arrived
            return f"est peut-être déjà {what} le {on} (envoi incertain)"
    return ""


def _day(moment: datetime) -> str:
    return paris_day(moment.astimezone(PARIS).date())
