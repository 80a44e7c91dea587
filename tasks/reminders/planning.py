"""Planning a reminder campaign: which clients are reminded, of which invoices, at which level."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.overdue import OverdueStanding, read_overdue
from models.rules.recipients import NoAddress, normalise
from models.tables.campaign import Campaign, CampaignLine
from models.tables.document import Document
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import CampaignReference, purpose_of
from models.values.ending import Refusal
from models.values.kinds import REMINDER, Channel
from models.values.reminder_paper import FORMAL_NOTICE, LEVEL_NAMES
from tasks.campaigns.requests import read_redirection, read_structures
from tasks.campaigns.stored import stored_once

MODES = {"e-mail": Channel.EMAIL, "courrier": Channel.LETTER}

NO_ADDRESS = "sans adresse e-mail"
REFUSED = "adresse refusée la dernière fois"
BY_LETTER = "à envoyer par courrier"


@dataclass(frozen=True, slots=True)
class ReminderRequest:
    """What a run of ``relances`` was asked for; every field has been checked."""

    flow_run_id: str
    mode: Channel
    structures: tuple[str, ...]
    reference_date: date
    minimum_level: int = 1
    redirected_to: str = ""

    @property
    def purpose(self) -> str:
        return purpose_of(self.flow_run_id, self.redirected_to)


def read_reminder_request(
    flow_run_id: str,
    today: datetime,
    mode: str,
    structures: Collection[str] | None,
    reference_date: str | None,
    minimum_level: int | None,
    redirected_to: str | None,
) -> ReminderRequest | Refusal:
    """Check the parameters of a run; a Refusal when one of them cannot be used. ``today`` is in Paris time."""
    channel = MODES.get(mode.strip().lower())
    if channel is None:
        return Refusal(f"Le mode « {mode} » n'existe pas : choisissez « e-mail » ou « courrier ».")
    day = read_day(reference_date, today)
    if isinstance(day, Refusal):
        return day
    level = minimum_level or 1
    if level not in LEVEL_NAMES:
        return Refusal(f"Le niveau {level} n'existe pas : choisissez 1, 2 ou 3.")
    redirection = read_redirection(redirected_to)
    if isinstance(redirection, Refusal):
        return redirection
    if redirection and channel is Channel.LETTER:
        return Refusal(
            "Un essai se fait par e-mail : choisissez le mode « e-mail », ou laissez « rediriger_vers » vide."
        )
    wanted = read_structures(structures)
    if isinstance(wanted, Refusal):
        return wanted
    return ReminderRequest(flow_run_id, channel, wanted, day, level, redirection)


def read_day(text: str | None, today: datetime) -> date | Refusal:
    """The day that is meant, written AAAA-MM-JJ; today without any."""
    if not (text or "").strip():
        return today.date()
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return Refusal(f"La date « {text} » n'est pas reconnue : écrivez-la AAAA-MM-JJ, par exemple {today:%Y-%m-%d}.")


def plan_reminders(request: ReminderRequest, parameters: dict[str, Any]) -> CampaignReference:
    """Store the campaign with the reminders to show; a run that is started again finds the campaign that it stored."""
    return stored_once(request.flow_run_id, lambda session: _store_campaign(session, request, parameters))


def _store_campaign(session: Session, request: ReminderRequest, parameters: dict[str, Any]) -> Campaign:
    campaign = Campaign(
        flow_run_id=request.flow_run_id,
        kind=REMINDER,
        reference_date=request.reference_date,
        mode=request.mode,
        structures=list(request.structures),
        parameters=parameters,
        purpose=request.purpose,
        redirected_to=request.redirected_to,
        created_at=utc_now(),
    )
    session.add(campaign)
    session.flush()
    overdue = read_overdue(session, request.reference_date, request.structures)
    due = [s for s in overdue if isinstance(s.due, int) and s.due >= request.minimum_level]
    for position, (_, found) in enumerate(groupby(due, key=lambda standing: standing.client_id)):
        _add_reminder(session, campaign, position, list(found))
    return campaign


def _add_reminder(session: Session, campaign: Campaign, position: int, standings: list[OverdueStanding]) -> None:
    """A draft: it counts as nothing until it is chosen."""
    level = max(_level(standing) for standing in standings)
    document = Document(kind=REMINDER)
    session.add(document)
    session.flush()
    session.add(
        Reminder(
            document_id=document.id,
            client_id=standings[0].client_id,
            reference_date=campaign.reference_date,
            level=level,
            lines=[ReminderLine(invoice_id=s.invoice_id, level=_level(s), balance=s.balance) for s in standings],
        )
    )
    shown = shown_reminder(standings)
    session.add(
        CampaignLine(
            campaign_id=campaign.id,
            document_id=document.id,
            position=position,
            shown=shown,
            preselected=is_preselected(campaign, shown),
        )
    )


def _level(standing: OverdueStanding) -> int:
    assert isinstance(standing.due, int)
    return standing.due


def is_preselected(campaign: Campaign, shown: Mapping[str, Any]) -> bool:
    """Whether a client is selected before anybody has looked."""
    return campaign.mode == Channel.LETTER or not shown["apart"]


def shown_reminder(standings: list[OverdueStanding]) -> dict[str, Any]:
    """The client of these invoices as the clerk sees it, in values that JSON keeps exactly."""
    first, level = standings[0], max(_level(standing) for standing in standings)
    address = "" if isinstance(first.recipients, NoAddress) else first.recipients[0].address
    return {
        "structure": first.structure_code,
        "name": first.client_name,
        "code": first.client_code,
        "number": f"{LEVEL_NAMES[level]} ({first.client_code})",
        "level": level,
        "amount": str(sum(standing.balance for standing in standings)),
        "addresses": [["client", address]] if address else [],
        "apart": _apart(standings, level, address),
        "invoices": [
            {
                "id": standing.invoice_id,
                "number": standing.number,
                "due_on": standing.due_on.isoformat() if standing.due_on else None,
                "balance": str(standing.balance),
                "level": _level(standing),
                "reminded_on": standing.reminded_on.isoformat() if standing.reminded_on else None,
            }
            for standing in standings
        ],
    }


def _apart(standings: list[OverdueStanding], level: int, address: str) -> str:
    """Why a client is not preselected for e-mail; empty when he is."""
    if not address:
        return NO_ADDRESS
    if any(standing.refused_address == normalise(address) for standing in standings):
        return REFUSED
    # A formal notice by plain e-mail proves nothing: it goes by registered letter.
    is_letter = level >= FORMAL_NOTICE or standings[0].terms.channels[level - 1] is Channel.LETTER
    return BY_LETTER if is_letter else ""
