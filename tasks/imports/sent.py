"""Which invoices can no longer change, because they have left or may have left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.campaign import REAL
from models.delivery import Attempt, Delivery
from models.document import Document
from models.rules.replies import Verdict
from models.rules.states import WAITING, DeliveryState
from tasks.imports.stored import QUERY_VALUES
from tasks.moments import PARIS, paris_day


def read_sent(session: Session, invoice_ids: Collection[int], now: datetime) -> dict[int, str]:
    """Why each of these invoices that was sent can no longer change, in French ("est déjà envoyée le ...").

    The deliveries stay locked until the transaction ends, so that none of them begins to leave meanwhile with the
    content that is about to change: whoever claims it then sees the new content.
    """
    reasons: dict[int, str] = {}
    ordered = sorted(invoice_ids)
    for start in range(0, len(ordered), QUERY_VALUES):
        deliveries = session.execute(
            select(
                Document.invoice_id,
                Delivery.state,
                Delivery.accepted_at,
                Delivery.changed_at,
                Delivery.leased_until,
                exists().where(Attempt.delivery_id == Delivery.id, Attempt.verdict == Verdict.UNCERTAIN),
            )
            .join(Delivery, Delivery.document_id == Document.id)
            .where(Document.invoice_id.in_(ordered[start : start + QUERY_VALUES]), Delivery.purpose == REAL)
            .order_by(Delivery.id)
            .with_for_update(of=Delivery)
        )
        for invoice_id, state, accepted_at, changed_at, leased_until, was_uncertain in deliveries:
            leased = leased_until is not None and leased_until > now
            reason = _reason(state, accepted_at or changed_at, leased, was_uncertain)
            if reason and (invoice_id not in reasons or state == DeliveryState.ACCEPTED):
                reasons[invoice_id] = reason
    return reasons


def _reason(state: str, moment: datetime, leased: bool, was_uncertain: bool) -> str:
    on = paris_day(moment.astimezone(PARIS).date())
    match state:
        case DeliveryState.ACCEPTED:
            return f"est déjà envoyée le {on}"
        case DeliveryState.UNCERTAIN | DeliveryState.HANDING_OVER:
            return f"est peut-être déjà envoyée le {on} (envoi incertain)"
        case DeliveryState.CLAIMED if leased:
            return "est en cours d'envoi"
        case waiting if waiting in WAITING and was_uncertain:  # sent again by decision: a first copy may have arrived
            return f"est peut-être déjà envoyée le {on} (envoi incertain)"
    return ""
