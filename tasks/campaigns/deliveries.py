"""The deliveries that follow from what was chosen of a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from models.database.upsert import insert_into
from models.rules.recipients import NoAddress, Recipients
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign
from models.tables.delivery import Delivery


def plan_deliveries(
    session: Session, campaign: Campaign, chosen: Iterable[tuple[int, int, Recipients]], now: datetime
) -> None:
    """Plan a delivery to each address of the (document, version, recipients); what is planned already stays."""
    rows = [
        {
            "document_id": document,
            "version": version,
            "address": recipient.key,
            "purpose": campaign.purpose,
            "redirected_to": campaign.redirected_to,
            "role": recipient.role,
            "campaign_id": campaign.id,
            "state": DeliveryState.PLANNED,
            "changed_at": now,
        }
        for document, version, recipients in chosen
        if not isinstance(recipients, NoAddress)
        for recipient in recipients
    ]
    if rows:
        connection = session.connection()
        connection.execute(insert_into(connection, Delivery).on_conflict_do_nothing(), rows)
