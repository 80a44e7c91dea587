"""What a run still has to send, and what dead workers left behind."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select

from models.database.clock import utc_now
from models.ledger import steps
from models.rules.states import DeliveryState
from models.tables.campaign import CampaignLine
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing, Version
from models.tables.invoice import Invoice
from models.values.campaign import REAL, CampaignReference
from models.values.documents import DocumentReference
from settings.ledger import reading_ledger, writing_ledger
from settings.load import load_settings
from tasks.campaigns.documents import references

S = DeliveryState
LOOK_EVERY_SECONDS = 5.0
_LEASED = (S.CLAIMED, S.HANDING_OVER)


def remaining_documents(campaign: CampaignReference) -> list[DocumentReference]:
    """The chosen documents of a campaign that have something to send now, in the order of the screen.

    Takes up first what dead workers left. Deferred deliveries that are not due are not listed, nor is what is refused
    or uncertain.
    """
    now = utc_now()
    with writing_ledger() as session:
        steps.end_lost_leases(session.connection(), now=now)
        chosen = (
            select(CampaignLine.document_id, CampaignLine.version, CampaignLine.position)
            .where(CampaignLine.campaign_id == campaign.campaign_id, CampaignLine.chosen.is_(True))
            .subquery()
        )
        rows = session.execute(
            select(Delivery.document_id, Delivery.version, chosen.c.position)
            .join(chosen, (chosen.c.document_id == Delivery.document_id) & (chosen.c.version == Delivery.version))
            .where(Delivery.purpose == campaign.purpose, sendable(now))
            .distinct()
            .order_by(chosen.c.position)
        ).all()
        return references(session, [(row.document_id, row.version, campaign.purpose) for row in rows])


def due_documents() -> list[DocumentReference]:
    """The documents of any campaign that have a deferred delivery which is due."""
    now = utc_now()
    with writing_ledger() as session:
        steps.end_lost_leases(session.connection(), now=now)
        rows = session.execute(
            select(Delivery.document_id, Delivery.version, Delivery.purpose)
            .where(Delivery.state == S.DEFERRED, Delivery.not_before <= now)
            .distinct()
            .order_by(Delivery.document_id)
        ).all()
        return references(session, [(row.document_id, row.version, row.purpose) for row in rows])


def waiting_documents(period: str) -> list[DocumentReference]:
    """Everything of real campaigns that was chosen and can leave now, for ``period`` or (empty) for all.

    Takes up first what dead workers left. What waits of an older version is left out: the newer one replaced it.
    """
    now = utc_now()
    chosen = exists().where(
        CampaignLine.campaign_id == Delivery.campaign_id,
        CampaignLine.document_id == Delivery.document_id,
        CampaignLine.version == Delivery.version,
        CampaignLine.chosen.is_(True),
    )
    replaced = exists().where(
        Version.document_id == Delivery.document_id, Version.purpose == REAL, Version.number > Delivery.version
    )
    query = (
        select(Delivery.document_id, Delivery.version)
        .join(Document, Delivery.document_id == Document.id)
        .outerjoin(Invoice, Document.invoice_id == Invoice.id)
        .where(Delivery.purpose == REAL, sendable(now), chosen, ~replaced)
        .distinct()
        .order_by(Delivery.document_id)
    )
    if period:
        query = query.where(or_(Invoice.period == period, Document.period == period))
    with writing_ledger() as session:
        steps.end_lost_leases(session.connection(), now=now)
        rows = session.execute(query).all()
        return references(session, [(row.document_id, row.version, REAL) for row in rows])


def wait_for_leases(campaign: CampaignReference) -> bool:
    """Wait until the leases of a dead predecessor end, or its worker proves alive and settles; False without any.

    Until then nobody can tell whether its worker is dead or only slow. A lease that a clock since set back made is
    waited for no longer than a lease lasts.
    """
    latest = utc_now() + timedelta(seconds=load_settings().sending.lease_seconds)
    waited = False
    while (ends := _last_lease(campaign)) is not None and utc_now() <= min(ends, latest):
        waited = True
        time.sleep(max(min((min(ends, latest) - utc_now()).total_seconds() + 0.1, LOOK_EVERY_SECONDS), 0.1))
    return waited or ends is not None


def _last_lease(campaign: CampaignReference) -> datetime | None:
    chosen = select(CampaignLine.document_id).where(
        CampaignLine.campaign_id == campaign.campaign_id, CampaignLine.chosen.is_(True)
    )
    with reading_ledger() as session:
        leases = session.scalars(
            select(Delivery.leased_until).where(
                Delivery.document_id.in_(chosen), Delivery.purpose == campaign.purpose, Delivery.state.in_(_LEASED)
            )
        ).all()
    return max((lease for lease in leases if lease), default=None)


def sendable(now: datetime) -> ColumnElement[bool]:
    """What may leave at ``now``: planned, composed, or deferred and due.

    A message that could not be composed, and whose document went to the printer instead, is not: one copy is enough.
    """
    printed_instead = exists().where(
        Printing.document_id == Delivery.document_id,
        Printing.version == Delivery.version,
        Printing.printed_at >= Delivery.changed_at,
    )
    return or_(
        (Delivery.state == S.PLANNED) & ~(Delivery.unwritten & printed_instead),
        Delivery.state == S.COMPOSED,
        (Delivery.state == S.DEFERRED) & (Delivery.not_before <= now),
    )
