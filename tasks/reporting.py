"""What the clerk reads in the Prefect UI: everything comes from the ledger, never from what the tasks returned."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_markdown_artifact
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import utc_now
from models.campaign import REAL, Campaign, CampaignLine
from models.delivery import Delivery
from models.people import Resident
from models.rules.causes import explain
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.states import FAILED, DeliveryState
from models.session import reading, writing
from models.standings import DeliveryStanding, Standing, read_deliveries, read_standings
from models.values.period import Period
from settings.load import load_settings
from tasks.documents.french import period_label
from tasks.documents.wording import fill
from tasks.headlines import Tally, headline
from tasks.labels import COVERAGE, NO_ADDRESS, ONE_INVOICE, ROLE, STATE, observed
from tasks.moments import paris_day, paris_moment
from tasks.planning import CampaignReference
from tasks.post_office import Stopped
from tasks.rendering import render_page

S = DeliveryState


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a campaign's run ends: whether a person has something to do, and the sentence that says what."""

    failed: bool
    sentence: str


def page_key(campaign: CampaignReference, page: str) -> str:
    """The artifact's key: one history per period and page, trials apart."""
    return f"factures-{campaign.period}-{page}" + ("" if campaign.purpose == REAL else "-essai")


def _period(campaign: CampaignReference) -> str:
    period = Period.parse(campaign.period)
    return period_label(period) if period else campaign.period


def of_period(campaign: CampaignReference) -> str:
    """``de septembre 2024``, ``d'août 2024``."""
    return fill("de &periode", {"periode": _period(campaign)})


def report(campaign: CampaignReference, stops: list[Stopped]) -> Outcome:
    """Publish the result, the failures, who could not be mailed and the coverage; how the run ends."""
    with reading(load_settings().database) as session:
        standings = read_standings(session, campaign.period, campaign.structures)
        stored = session.get_one(Campaign, campaign.campaign_id)
        lines = session.scalars(select(CampaignLine).where(CampaignLine.campaign_id == campaign.campaign_id)).all()
        deliveries = read_deliveries(
            session,
            Delivery.purpose == campaign.purpose,
            Delivery.document_id.in_(
                select(CampaignLine.document_id).where(
                    CampaignLine.campaign_id == campaign.campaign_id, CampaignLine.chosen.is_(True)
                )
            ),
        )
        without_invoice = _without_invoice(session, campaign, standings)
        shown_ids = {line.document_id for line in lines}
    rows = [
        (line.shown, delivery)
        for line in sorted(lines, key=lambda line: line.position)
        if line.chosen
        for delivery in deliveries.get(line.document_id, [])
        if delivery.version == line.version
    ]
    tally = Tally.of([(line["number"], delivery.state, bool(delivery.note)) for line, delivery in rows])
    since = max((s.sent_at for s in standings if s.coverage is Coverage.MAILED and s.sent_at), default=None)
    sentence = headline(tally, _period(campaign), since, _next_try(rows))
    not_shown = [s.number for s in standings if s.mailable and s.document_id not in shown_ids]
    publish(
        campaign,
        "resultat",
        "Résultat",
        render_page(
            "result",
            of_period=of_period(campaign),
            headline=sentence,
            trial=campaign.redirected_to,
            stops=stops,
            not_shown=not_shown if stored.chosen_by else [],
            rows=[_row(line, delivery) for line, delivery in sorted(rows, key=lambda row: row[1].state is S.ACCEPTED)],
        ),
    )
    publish(campaign, "echecs", "Échecs", render_page("failures", of_period=of_period(campaign), groups=_groups(rows)))
    publish(campaign, "sans-e-mail", "Sans e-mail", _unmailed_page(campaign, standings, without_invoice))
    publish(campaign, "couverture", "Couverture", coverage_page(of_period(campaign), standings))
    if stops:
        sentence = f"{sentence} Arrêt : {stops[0].sentence}. {stops[0].remedy}"
    failed = bool(stops or tally.refused or tally.uncertain or tally.waiting)
    return Outcome(failed, sentence)


def publish(campaign: CampaignReference, page: str, title: str, markdown: str) -> UUID:
    description = f"{title} : factures {of_period(campaign)}"
    return cast("UUID", create_markdown_artifact(markdown, key=page_key(campaign, page), description=description))


def _next_try(rows: list[tuple[dict[str, Any], DeliveryStanding]]) -> datetime | None:
    return min((d.not_before for _, d in rows if d.state is S.DEFERRED and d.not_before), default=None)


def _row(line: dict[str, Any], delivery: DeliveryStanding) -> dict[str, str]:
    code = delivery.evidence.code if delivery.evidence else None
    return {
        "name": line["name"],
        "number": line["number"],
        "role": ROLE.get(delivery.role, delivery.role),  # type: ignore[call-overload]
        "address": delivery.address,
        "state": "non composé" if delivery.state is S.PLANNED and delivery.note else STATE[delivery.state],
        "at": paris_moment(delivery.accepted_at or delivery.changed_at),
        "code": " ".join(
            str(part) for part in (code or "", delivery.evidence.enhanced if delivery.evidence else "") if part
        ),
        "reply": delivery.note or observed(delivery.evidence),
    }


def _groups(rows: list[tuple[dict[str, Any], DeliveryStanding]]) -> list[dict[str, Any]]:
    """The failures by cause, the most frequent first."""
    by_cause: dict[Any, list[dict[str, str]]] = defaultdict(list)
    for line, delivery in rows:
        failed = delivery.state in FAILED or delivery.state is S.UNCERTAIN
        unwritten = delivery.state is S.PLANNED and delivery.note
        if (failed or unwritten) and delivery.evidence:
            by_cause[explain(delivery.evidence)].append(_row(line, delivery))
        elif failed or unwritten:
            by_cause[None].append(_row(line, delivery))
    groups = [
        {
            "cause": cause.cause
            if cause
            else "L'envoi a été interrompu au moment de la remise : nul ne sait s'il est parti.",
            "remedy": cause.remedy
            if cause
            else "Demandez au destinataire, ou au gestionnaire de la messagerie, si le message est arrivé.",
            "who": cause.who.value if cause else "le service facturation",
            "rows": found,
        }
        for cause, found in by_cause.items()
    ]
    return sorted(groups, key=lambda group: -len(group["rows"]))


def _without_invoice(session: Session, campaign: CampaignReference, standings: list[Standing]) -> list[dict[str, str]]:
    billed = {(s.structure_code, s.name) for s in standings}
    residents = session.scalars(select(Resident).where(Resident.left_on.is_(None))).all()
    return sorted(
        (
            {"structure": r.structure.code, "name": r.full_name}
            for r in residents
            if (not campaign.structures or r.structure.code in campaign.structures)
            and (r.structure.code, r.full_name) not in billed
        ),
        key=lambda row: (row["structure"], row["name"]),
    )


def _unmailed_page(
    campaign: CampaignReference, standings: list[Standing], without_invoice: list[dict[str, str]]
) -> str:
    rows = [
        {
            "structure": s.structure_code,
            "name": s.name,
            "number": s.number,
            "why": NO_ADDRESS[s.recipients],
            "printed": paris_moment(s.printed_at) or paris_day(s.imported_printed_on),
        }
        for s in standings
        if isinstance(s.recipients, NoAddress)
    ]
    return render_page("unmailed", of_period=of_period(campaign), rows=rows, without_invoice=without_invoice)


def coverage_page(of_period: str, standings: list[Standing]) -> str:
    """The coverage of a period: one class per invoice, and what is left to do."""
    structures = sorted({s.structure_code for s in standings})
    counts = Counter((s.coverage, s.structure_code) for s in standings)
    by_structure = Counter(s.structure_code for s in standings)
    return render_page(
        "coverage",
        of_period=of_period,
        structures=structures,
        rows=[
            {
                "label": COVERAGE[found],
                "counts": [counts[found, structure] for structure in structures],
                "total": sum(counts[found, structure] for structure in structures),
            }
            for found in Coverage
        ],
        totals=[by_structure[structure] for structure in structures],
        total=len(standings),
        todo=[
            {
                "structure": s.structure_code,
                "name": s.name,
                "number": s.number,
                "label": ONE_INVOICE[s.coverage],
                "detail": _detail(s),
            }
            for s in standings
            if s.coverage not in {Coverage.MAILED, Coverage.PRINTED}
        ],
    )


def _detail(standing: Standing) -> str:
    if isinstance(standing.recipients, NoAddress):
        return f"à imprimer : {NO_ADDRESS[standing.recipients]}"
    found = []
    for recipient in standing.recipients:
        delivery = standing.delivery_to(recipient)
        state = STATE[delivery.state] if delivery else "à envoyer"
        found.append(f"{ROLE[recipient.role]} : {state}")
    return ", ".join(found)


def close_campaign(campaign: CampaignReference) -> None:
    """Note when the campaign's run came to its end."""
    with writing(load_settings().database) as session:
        session.get_one(Campaign, campaign.campaign_id).closed_at = utc_now()
