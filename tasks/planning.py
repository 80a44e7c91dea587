"""Planning a campaign of invoices: what is shown, and what is selected before anybody has looked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.database.session import writing
from models.database.upsert import insert_into
from models.reading.standings import Standing, read_standings
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.tables.campaign import Campaign, CampaignLine
from models.tables.document import Document
from models.values.kinds import DocumentKind
from settings.load import load_settings
from tasks.requests import InvoiceRequest


@dataclass(frozen=True, slots=True)
class CampaignReference:
    """A stored campaign. ``chosen`` tells that a selection is stored: the run must not ask again."""

    campaign_id: int
    period: str
    structures: tuple[str, ...]
    purpose: str
    redirected_to: str
    reason: str
    chosen: bool
    plan_page: str
    kind: DocumentKind = DocumentKind.INVOICE
    reference_date: date | None = None
    mode: str = ""


def plan_invoices(request: InvoiceRequest, parameters: dict[str, Any]) -> CampaignReference:
    """Store the campaign with the lines to show; a run that is started again finds the campaign that it stored."""
    return stored_once(request.flow_run_id, lambda session: _store_campaign(session, request, parameters))


def stored_once(flow_run_id: str, store: Callable[[Session], Campaign]) -> CampaignReference:
    """The campaign of a flow run, stored by whichever process comes first."""

    def find_or_store() -> CampaignReference:
        with writing(load_settings().database) as session:
            campaign = session.scalars(select(Campaign).where(Campaign.flow_run_id == flow_run_id)).one_or_none()
            return refer_to(campaign or store(session))

    try:
        return find_or_store()
    except IntegrityError:  # the same run in another process stored it in between
        return find_or_store()


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
        kind=DocumentKind(campaign.kind),
        reference_date=campaign.reference_date,
        mode=campaign.mode,
    )


def _store_campaign(session: Session, request: InvoiceRequest, parameters: dict[str, Any]) -> Campaign:
    standings = read_standings(session, request.period, request.structures)
    add_documents(session, standings)
    standings = read_standings(session, request.period, request.structures)
    campaign = Campaign(
        flow_run_id=request.flow_run_id,
        kind=DocumentKind.INVOICE,
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
            "shown": _shown(standing),
            "preselected": is_preselected(standing, request),
            "version": standing.version,
        }
        for position, standing in enumerate(s for s in standings if s.mailable)
    ]
    if lines:
        session.execute(insert(CampaignLine), lines)
    return campaign


def is_preselected(standing: Standing, request: InvoiceRequest) -> bool:
    """Whether a line is selected before anybody has looked: what has not been sent yet.

    A trial and a second sending take everything, except what a person has to settle first.
    """
    if request.redirected_to:
        return True
    if standing.coverage is Coverage.UNCERTAIN:
        return False
    return bool(request.reason) or standing.coverage is Coverage.WAITING


def add_documents(session: Session, standings: list[Standing]) -> None:
    """Make the documents of the invoices that have none yet."""
    missing = [
        {"kind": DocumentKind.INVOICE, "invoice_id": standing.invoice_id}
        for standing in standings
        if standing.document_id is None
    ]
    if missing:
        connection = session.connection()
        connection.execute(insert_into(connection, Document).on_conflict_do_nothing(), missing)


def _shown(standing: Standing) -> dict[str, Any]:
    """The line as the clerk sees it, in values that JSON keeps exactly."""
    assert not isinstance(standing.recipients, NoAddress)
    return {
        "structure": standing.structure_code,
        "name": standing.name,
        "number": standing.number,
        "amount": str(standing.total_excl_tax),
        "addresses": [[r.role.value, r.address] for r in standing.recipients],
        "sent_at": standing.sent_at.isoformat() if standing.sent_at else None,
        "printed_at": standing.printed_at.isoformat() if standing.printed_at else None,
        "imported_printed_on": standing.imported_printed_on.isoformat() if standing.imported_printed_on else None,
        "coverage": standing.coverage.value,
    }
