"""The lines of a campaign, in the order of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.campaign import CampaignLine


def read_lines(session: Session, campaign_id: int) -> Sequence[CampaignLine]:
    """What was shown, chosen or not."""
    query = select(CampaignLine).where(CampaignLine.campaign_id == campaign_id).order_by(CampaignLine.position)
    return session.scalars(query).all()
