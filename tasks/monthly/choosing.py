"""Storing what was chosen of a campaign, and the deliveries that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.ledger.steps import withdraw
from models.reading.campaign_lines import read_lines
from models.reading.standings import Standing
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign
from models.tables.document import Version
from models.values.campaign import REAL, CampaignReference
from settings.ledger import writing_ledger
from tasks.campaigns.deliveries import plan_deliveries
from tasks.failpoints import reached
from tasks.kinds.registry import monthly_kind_named


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: documents, who chose, and why what was not preselected is sent (again)."""

    document_ids: frozenset[int]
    initials: str = ""
    reason: str = ""


def store_choice(campaign: CampaignReference, choice: Choice | None = None) -> None:
    """Store the selection (None: what is preselected) and plan its deliveries, in one transaction.

    A document that was already sent, and is wanted again, gets a new version; what was still waiting of the
    old one is withdrawn, so that it cannot leave beside the new one.
    """
    with writing_ledger() as session:
        stored = session.get_one(Campaign, campaign.campaign_id, with_for_update=True)
        if stored.chosen_at is not None:
            return
        now = utc_now()
        lines = read_lines(session, stored.id)
        for line in lines:
            line.chosen = line.document_id in choice.document_ids if choice else line.preselected
        stored.chosen_at = now
        stored.chosen_by = choice.initials if choice else ""
        stored.reason = choice.reason if choice and choice.reason else stored.reason
        kind = monthly_kind_named(stored.kind)
        standings = {s.document_id: s for s in kind.of_month(session, stored.period or "", stored.structures)}
        for line in lines:
            if line.chosen and line.document_id in standings:
                again = bool(campaign.reason) or not line.preselected
                line.version = _version_to_send(session, stored, standings[line.document_id], again, now)
        session.flush()
        chosen = [line for line in lines if line.chosen]
        planned = [(line.document_id, line.version, standings[line.document_id].recipients) for line in chosen]
        plan_deliveries(session, stored, planned, now)
    reached("planned")


def _version_to_send(session: Session, campaign: Campaign, standing: Standing, again: bool, now: datetime) -> int:
    if campaign.purpose != REAL or not again or not standing.deliveries:
        return standing.version
    if standing.coverage is Coverage.UNCERTAIN:
        return standing.version
    for delivery in standing.deliveries:
        if delivery.state in {DeliveryState.PLANNED, DeliveryState.COMPOSED, DeliveryState.DEFERRED}:
            note = f"remplacé par l'envoi n° {standing.version + 1}"
            withdraw(session.connection(), delivery.delivery_id, delivery.state, note=note, now=now)
    session.add(
        Version(
            document_id=standing.document_id,
            number=standing.version + 1,
            purpose=REAL,
            flow_run_id=campaign.flow_run_id,
            reason=campaign.reason,
            created_at=now,
        )
    )
    return standing.version + 1
