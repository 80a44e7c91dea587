"""The plan of a campaign: what is going to be sent, shown before anything is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.campaign_lines import read_lines
from models.reading.served import own_role, read_served, residents_of
from models.rules.changes import Changed, Shown
from models.rules.coverage import Coverage
from models.rules.recipients import Role, normalise
from models.tables.campaign import Campaign, CampaignLine
from models.tables.delivery import Delivery
from models.values.campaign import REAL, CampaignReference
from settings.ledger import reading_ledger, writing_ledger
from settings.load import load_settings
from tasks.documents.french import amount
from tasks.french.moments import paris_day, paris_moment
from tasks.kinds.registry import monthly_kind_named
from tasks.monthly.planning import message_count
from tasks.pages.changes import changed_rows
from tasks.pages.coverage import why_it_failed
from tasks.pages.publishing import PLAN, of_period, publish
from tasks.pages.rendering import render_page
from tasks.relays.expected_end import planned_end
from tasks.relays.finding import Carriers


def publish_plan(campaign: CampaignReference, carriers: Carriers, changed: Changed | None = None) -> str:
    """Publish what is going to be sent, before anything is; once for a campaign. Returns the page's id.

    What has ``changed`` since it was shown brings the page up to date, under the same id.
    """
    if campaign.plan_page and changed is None:
        return campaign.plan_page
    kind = monthly_kind_named(campaign.kind)
    with reading_ledger() as session:
        standings = kind.of_month(session, campaign.period, campaign.structures)
        lines = [line for line in read_lines(session, campaign.campaign_id) if line.shown["addresses"]]
        new = _new_addresses(session, [line for line in lines if line.preselected])
    shown = [line.shown for line in lines]
    selected = [line.shown for line in lines if line.preselected]
    rest = [line.shown for line in lines if not line.preselected]
    why = {s.number: why_it_failed(s) for s in standings if s.failing or s.coverage is Coverage.UNCERTAIN}
    page = render_page(
        "plan",
        kind=kind,
        of_period=of_period(campaign),
        trial=campaign.redirected_to,
        reason=campaign.reason,
        total=len(standings),
        selected=len(selected),
        already=sum(s.coverage is Coverage.MAILED for s in standings),
        unmailable=sum(not s.mailable for s in standings),
        relays=carriers.described,
        end=planned_end(
            [line["structure"] for line in selected for _ in range(message_count(line, campaign))],
            carriers.relays,
            load_settings().database,
            utc_now(),
        ),
        new_addresses=new,
        lines=len(shown),
        leaving=[shown_columns(line) for line in selected],
        failing=[shown_columns(line) | {"why": why.get(line["number"], "")} for line in rest if _has_failed(line)],
        done=[shown_columns(line) for line in rest if not _has_failed(line)],
        changed=changed_rows(changed.lines if changed else ()),
    )
    plan_page = str(publish(campaign, PLAN, "Plan", page))
    with writing_ledger() as session:
        session.get_one(Campaign, campaign.campaign_id).plan_page = plan_page
    return plan_page


def _has_failed(line: Shown) -> bool:
    return line["coverage"] in {Coverage.FAILED, Coverage.UNCERTAIN}


def _new_addresses(session: Session, lines: Sequence[CampaignLine]) -> list[dict[str, str]]:
    """Addresses that replace the last one of this person, or that served nobody; none before the first campaign."""
    addresses = select(Delivery.address).where(Delivery.accepted_at.is_not(None), Delivery.purpose == REAL).distinct()
    served = set(session.scalars(addresses))
    if not served:
        return []
    residents = residents_of(session, [line.document_id for line in lines])
    last = read_served(session).residents
    found = []
    for line in lines:
        for role, address in line.shown["addresses"]:
            former = last.get((residents.get(line.document_id, 0), own_role(Role(role))), "")
            if former != normalise(address) and (former or normalise(address) not in served):
                name, number = line.shown["name"], line.shown["number"]
                found.append({"name": name, "number": number, "address": address, "former": former})
    return found


def shown_columns(line: Shown) -> dict[str, str]:
    """A stored line in the words and columns of the screen."""
    addresses: dict[str, str] = dict(line["addresses"])
    both = addresses.get("resident+guardian", "")
    return {
        "structure": line["structure"],
        "name": line["name"],
        "number": line["number"],
        "amount": amount(Decimal(line["amount"])) if line["amount"] else "",
        "last": last_sending(line),
        "own": addresses.get("resident", both),
        "guardian": addresses.get("guardian", both),
    }


def last_sending(line: Shown) -> str:
    """When a line was last mailed or printed: "envoyé le 24/11/2026 à 07:12", or nothing."""
    sent, printed = (datetime.fromisoformat(line[key]) if line[key] else None for key in ("sent_at", "printed_at"))
    words = []
    if sent:
        words.append(f"envoyé le {paris_moment(sent)}")
    if printed:
        words.append(f"édité le {paris_moment(printed)}")
    elif line["imported_printed_on"]:
        words.append(f"édité le {paris_day(datetime.fromisoformat(line['imported_printed_on']))}")
    return ", ".join(words)
