"""The stored campaign of a flow run."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.tables.campaign import Campaign
from models.values.campaign import CampaignReference
from settings.ledger import reading_ledger, writing_ledger

BY_FORCE = "forcer_les_refuses"


def stored_once(flow_run_id: str, store: Callable[[Session], Campaign]) -> CampaignReference:
    """The campaign of a flow run, stored by whichever process comes first; a run that is started again reopens it."""

    def find_or_store() -> CampaignReference:
        with writing_ledger() as session:
            campaign = _of_run(session, flow_run_id)
            if campaign is not None:
                campaign.closed_at = None
            return refer_to(campaign or store(session))

    try:
        return find_or_store()
    except IntegrityError:  # the same run in another process stored it in between
        return find_or_store()


def campaign_of_run(flow_run_id: str) -> CampaignReference | None:
    """The campaign of a flow run; None when it has stored none."""
    with reading_ledger() as session:
        campaign = _of_run(session, flow_run_id)
        return None if campaign is None else refer_to(campaign)


def open_runs() -> list[str]:
    """The flow runs of the campaigns that were never closed: under way, or stopped before they could report.

    Without those that ``relancer-les-echecs`` has planned by force: they have no pages.
    """
    with reading_ledger() as session:
        query = select(Campaign.flow_run_id, Campaign.parameters).where(Campaign.closed_at.is_(None))
        rows = session.execute(query.order_by(Campaign.id)).tuples()
        return [run for run, parameters in rows if not parameters.get(BY_FORCE)]


def _of_run(session: Session, flow_run_id: str) -> Campaign | None:
    return session.scalars(select(Campaign).where(Campaign.flow_run_id == flow_run_id)).one_or_none()


def refer_to(campaign: Campaign) -> CampaignReference:
    """What a flow needs to know of a stored campaign."""
    return CampaignReference(
        campaign_id=campaign.id,
        period=campaign.period or "",
        structures=tuple(campaign.structures),
        purpose=campaign.purpose,
        redirected_to=campaign.redirected_to,
        reason=campaign.reason,
        chosen=campaign.chosen_at is not None,
        plan_page=campaign.plan_page,
        kind=campaign.kind,
        reference_date=campaign.reference_date,
        mode=campaign.mode,
    )
