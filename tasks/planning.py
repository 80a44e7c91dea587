"""Planning a campaign: what is shown, what is chosen, and the deliveries that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models.base import utc_now
from models.campaign import REAL, Campaign, CampaignLine
from models.delivery import Delivery
from models.document import Document, DocumentKind, Version
from models.ledger import withdraw
from models.organisation import Structure
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.states import DeliveryState
from models.schema import is_current
from models.session import reading, writing
from models.standings import Standing, read_standings
from models.values.period import Period
from settings.load import load_settings
from tasks.imports.addresses import AddressFault, check_address
from tasks.points import reached


@dataclass(frozen=True, slots=True)
class Scope:
    """The invoices that a run is about: a month, and structures by code (none: all); both have been checked."""

    period: str
    structures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvoiceRequest:
    """What a run of ``factures-mensuelles`` was asked for; every field has been checked."""

    flow_run_id: str
    period: str
    structures: tuple[str, ...]
    reason: str = ""
    redirected_to: str = ""

    @property
    def purpose(self) -> str:
        return f"test:{self.flow_run_id}" if self.redirected_to else REAL


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


def read_request(
    flow_run_id: str,
    today: datetime,
    period: str | None,
    structures: Collection[str] | None,
    reason: str | None,
    redirected_to: str | None,
) -> InvoiceRequest | str:
    """Check the parameters of a run; a French sentence when one of them cannot be used. ``today`` is in Paris time."""
    scope = read_scope(today, period, structures)
    if isinstance(scope, str):
        return scope
    redirection = read_redirection(redirected_to)
    if isinstance(redirection, Refusal):
        return redirection.sentence
    return InvoiceRequest(
        flow_run_id, scope.period, scope.structures, " ".join((reason or "").split())[:300], redirection
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A parameter that cannot be used, and the French sentence that says why."""

    sentence: str


def read_redirection(redirected_to: str | None) -> str | Refusal:
    """The address that a trial goes to, checked; empty when it is none."""
    if not (redirected_to or "").strip():
        return ""
    checked = check_address(redirected_to or "")
    if isinstance(checked, AddressFault):
        return Refusal(f"L'adresse de « rediriger_vers » ne convient pas : {checked}.")
    return checked


def unknown_period(text: str, today: datetime) -> str:
    """The sentence for a period that is none; ``today`` is in Paris time."""
    example = Period.before(today.date())
    return f"La période « {text} » n'est pas reconnue : écrivez-la AAAA-MM, par exemple {example}."


def read_scope(today: datetime, period: str | None, structures: Collection[str] | None) -> Scope | str:
    """Check which invoices are meant; a French sentence when it cannot be told. ``today`` is in Paris time.

    Without a period, last month's.
    """
    month = Period.parse(period) if period and period.strip() else Period.before(today.date())
    if month is None:
        return unknown_period(period or "", today)
    wanted = read_structures(structures)
    if isinstance(wanted, Refusal):
        return wanted.sentence
    return Scope(str(month), wanted)


def read_structures(structures: Collection[str] | None) -> tuple[str, ...] | Refusal:
    """The codes of the structures that are meant (none: all), once the database is known to be in order."""
    wanted = tuple(dict.fromkeys(code.strip() for code in structures or () if code.strip()))
    url = load_settings().database
    try:
        current = is_current(url)
    except OperationalError as error:
        return Refusal(f"La base de données ne s'ouvre pas ({error.orig}) : prévenez la personne qui exploite Facteur.")
    if not current:
        return Refusal("La base de données n'est pas à jour : lancez « facteur migrate », puis relancez.")
    with reading(url) as session:
        known = dict(session.execute(select(Structure.code, Structure.name).order_by(Structure.code)).tuples().all())
    if not known:
        return Refusal("Aucune structure n'est connue : importez d'abord les données avec « importer-les-donnees ».")
    unknown = [code for code in wanted if code not in known]
    if unknown:
        listed = ", ".join(f"{code} ({name})" for code, name in known.items())
        return Refusal(f"Structure inconnue : {', '.join(unknown)}. Structures connues : {listed}.")
    return wanted


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
        session.execute(insert_once(session, Document), missing)


def insert_once(session: Session, table: type[Any]) -> Any:
    """An INSERT that leaves a row alone which another process has already made."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


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
    with writing(load_settings().database) as session:
        stored = session.get_one(Campaign, campaign.campaign_id, with_for_update=True)
        if stored.chosen_at is not None:
            return
        now = utc_now()
        lines = session.scalars(select(CampaignLine).where(CampaignLine.campaign_id == stored.id)).all()
        for line in lines:
            line.chosen = line.document_id in choice.document_ids if choice else line.preselected
        stored.chosen_at = now
        stored.chosen_by = choice.initials if choice else ""
        stored.reason = choice.reason if choice and choice.reason else stored.reason
        standings = {s.document_id: s for s in read_standings(session, stored.period or "", stored.structures)}
        for line in lines:
            if line.chosen and line.document_id in standings:
                again = bool(campaign.reason) or not line.preselected
                line.version = _version_to_send(session, stored, standings[line.document_id], again, now)
        session.flush()
        _plan_deliveries(session, stored, [(line, standings[line.document_id]) for line in lines if line.chosen], now)
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


def _plan_deliveries(
    session: Session, campaign: Campaign, chosen: list[tuple[CampaignLine, Standing]], now: datetime
) -> None:
    rows = [
        {
            "document_id": line.document_id,
            "version": line.version,
            "address": recipient.key,
            "purpose": campaign.purpose,
            "redirected_to": campaign.redirected_to,
            "role": recipient.role,
            "campaign_id": campaign.id,
            "state": DeliveryState.PLANNED,
            "changed_at": now,
        }
        for line, standing in chosen
        if not isinstance(standing.recipients, NoAddress)
        for recipient in standing.recipients
    ]
    if rows:
        session.execute(insert_once(session, Delivery), rows)
