"""Reviews that wait for a person."""

from __future__ import annotations

from sqlalchemy import select

from models.tables.campaign import Campaign
from models.values.campaign import CampaignReference
from settings.ledger import reading_ledger


def open_reviews(campaign: CampaignReference) -> list[str]:
    """The flow runs of other campaigns for the same documents whose selection is not stored yet.

    Reminders of two dates are for the same invoices.
    """
    with reading_ledger() as session:
        others = session.scalars(
            select(Campaign).where(
                Campaign.kind == campaign.kind,
                Campaign.period.is_(None) if not campaign.period else Campaign.period == campaign.period,
                Campaign.chosen_at.is_(None),
                Campaign.closed_at.is_(None),
                Campaign.id != campaign.campaign_id,
            )
        ).all()
        mine = set(campaign.structures)
        return [
            other.flow_run_id for other in others if not mine or not other.structures or mine & set(other.structures)
        ]
