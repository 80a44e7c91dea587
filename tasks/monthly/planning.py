"""Planning one document for each resident of a month: what is shown, and what is selected before anybody has looked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.standings import Standing
from models.rules.changes import Shown
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.states import WAITING
from models.tables.campaign import Campaign, CampaignLine
from models.values.campaign import CampaignReference
from tasks.campaigns.requests import MonthlyRequest
from tasks.campaigns.stored import stored_once
from tasks.kinds.registry import monthly_kind_named


def plan_month(request: MonthlyRequest, parameters: dict[str, Any]) -> CampaignReference:
    """Store the campaign with the lines to show; a run that is started again finds the campaign that it stored."""
    return stored_once(request.flow_run_id, lambda session: _store_campaign(session, request, parameters))


def _store_campaign(session: Session, request: MonthlyRequest, parameters: dict[str, Any]) -> Campaign:
    kind = monthly_kind_named(request.kind)
    kind.add_documents(session, kind.of_month(session, request.period, request.structures))
    standings = kind.of_month(session, request.period, request.structures)
    campaign = Campaign(
        flow_run_id=request.flow_run_id,
        kind=kind.name,
        period=request.period,
        structures=list(request.structures),
        parameters=parameters,
        purpose=request.purpose,
        redirected_to=request.redirected_to,
        reason=request.reason,
        created_at=utc_now(),
    )
    session.add(campaign)
    session.flush()
    lines = [
        {
            "campaign_id": campaign.id,
            "document_id": standing.document_id,
            "position": position,
            "shown": shown_line(standing),
            "preselected": is_preselected(standing, request),
            "version": standing.version,
        }
        for position, standing in enumerate(s for s in standings if s.mailable)
    ]
    if lines:
        session.execute(insert(CampaignLine), lines)
    return campaign


def is_preselected(standing: Standing, request: MonthlyRequest) -> bool:
    """Whether a line is selected before anybody has looked: what has not been sent yet.

    A trial and a second sending take everything, except what a person has to settle first.
    """
    if request.redirected_to:
        return True
    if standing.coverage is Coverage.UNCERTAIN:
        return False
    return bool(request.reason) or standing.coverage is Coverage.WAITING


def shown_line(standing: Standing) -> dict[str, Any]:
    """The line as the clerk sees it, in values that JSON keeps exactly."""
    recipients = () if isinstance(standing.recipients, NoAddress) else standing.recipients
    return {
        "structure": standing.structure_code,
        "name": standing.name,
        "number": standing.number,
        "amount": "" if standing.total_excl_tax is None else str(standing.total_excl_tax),
        "addresses": [[r.role.value, r.address] for r in recipients],
        "guardian": standing.guardian,
        "sent_at": standing.sent_at.isoformat() if standing.sent_at else None,
        "printed_at": standing.printed_at.isoformat() if standing.printed_at else None,
        "imported_printed_on": standing.imported_printed_on.isoformat() if standing.imported_printed_on else None,
        "coverage": standing.coverage.value,
        "open": len(standing.unserved) + sum(d.state in WAITING and not d.unwritten for d in standing.deliveries),
    }


def message_count(shown: Shown, campaign: CampaignReference) -> int:
    """How many messages a preselected line makes: one for each address that has not been served, or for each at all.

    A line that an earlier version of Facteur stored does not know who has been served: all are counted.
    """
    everybody = bool(campaign.reason or campaign.redirected_to)
    found: int = len(shown["addresses"]) if everybody else shown.get("open", len(shown["addresses"]))
    return found
