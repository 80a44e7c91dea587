"""The plan of a reminder campaign: who would be reminded, of what, and how, before anything leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.reading.campaign_lines import read_lines
from models.reading.overdue import OverdueStanding, read_overdue
from models.rules.changes import Changed
from models.rules.coverage import Coverage
from models.tables.campaign import Campaign, CampaignLine
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from models.values.reminder_paper import LEVEL_NAMES
from settings.load import load_settings
from tasks.documents.french import amount
from tasks.french.labels import NOT_DUE
from tasks.french.moments import paris_day, paris_moment
from tasks.pages.changes import changed_rows
from tasks.pages.publishing import PLAN, of_period, publish
from tasks.pages.rendering import render_page
from tasks.relays.expected_end import planned_end
from tasks.relays.finding import Carriers
from tasks.reminders.freshness import balances_imported_at, stale_balances
from tasks.reminders.planning import MODES

# Where the last reminder of a client stands who is not reminded today.
REMINDED = {
    Coverage.UNCERTAIN: "relance incertaine : à régler d'abord",
    Coverage.FAILED: "relance en échec : à imprimer ou à corriger",
    Coverage.WAITING: "relance en cours, ou d'un niveau non demandé",
    Coverage.PRINTED: "relance éditée, délai en cours",
    Coverage.MAILED: "relance envoyée, délai en cours",
}


def publish_reminder_plan(campaign: CampaignReference, carriers: Carriers, changed: Changed | None = None) -> str:
    """Publish who would be reminded, before anything leaves; once for a campaign. Returns the page's id.

    What has ``changed`` since it was shown brings the page up to date, under the same id.
    """
    if campaign.plan_page and changed is None:
        return campaign.plan_page
    assert campaign.reference_date is not None
    database = load_settings().database
    with reading(database) as session:
        overdue = read_overdue(session, campaign.reference_date, campaign.structures)
        lines = [line for line in read_lines(session, campaign.campaign_id) if line.shown["invoices"]]
    by_mail = campaign.mode == Channel.EMAIL
    selected = [line.shown for line in lines if line.preselected]
    relays = carriers.relays
    mails = [line["structure"] for line in selected if line["structure"] in relays] if by_mail else []
    page = render_page(
        "reminder_plan",
        of_day=of_period(campaign),
        mode=mode_label(campaign),
        by_mail=by_mail,
        trial=campaign.redirected_to,
        stale=stale_balances(campaign.structures),
        balances=paris_moment(balances_imported_at()),
        overdue=len(overdue),
        clients=len(lines),
        selected=len(selected),
        total=amount(sum((Decimal(line.shown["amount"]) for line in lines), Decimal(0))),
        debtors=debtors(overdue, lines),
        relays=carriers.described if by_mail else [],
        end=planned_end(mails, relays, database, utc_now()),
        lines=[_columns(line) for line in selected],
        changed=changed_rows(changed.lines if changed else ()),
        apart=[_columns(line.shown) for line in lines if not line.preselected],
    )
    plan_page = str(publish(campaign, PLAN, "Plan", page))
    with writing(database) as session:
        session.get_one(Campaign, campaign.campaign_id).plan_page = plan_page
    return plan_page


def debtors(overdue: Sequence[OverdueStanding], lines: Sequence[CampaignLine]) -> dict[str, int]:
    """How many clients owe something overdue, each in exactly one row: to be reminded, apart, or why not."""
    shown = {(line.shown["structure"], line.shown["code"]): line for line in lines}
    rows: Counter[str] = Counter()
    for key, found in groupby(overdue, key=lambda s: (s.structure_code, s.client_code)):
        rows[_row_of(list(found), shown.get(key))] += 1
    return dict(rows)


def _row_of(standings: Sequence[OverdueStanding], line: CampaignLine | None) -> str:
    if line is not None:
        return "à relancer" if line.preselected else f"à part : {line.shown['apart']}"
    worst = next(found for found in Coverage if any(s.coverage is found for s in standings))
    first = next(s for s in standings if s.coverage is worst)
    return NOT_DUE[first.reason] if worst is Coverage.EXCLUDED else REMINDED[worst]


def mode_label(campaign: CampaignReference) -> str:
    """``e-mail`` or ``courrier``."""
    return next(word for word, channel in MODES.items() if channel == campaign.mode)


def _columns(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": line["name"],
        "number": line["code"],
        "structure": line["structure"],
        "level": LEVEL_NAMES[line["level"]],
        "amount": amount(Decimal(line["amount"])),
        "address": line["addresses"][0][1] if line["addresses"] else "",
        "apart": line["apart"],
        "invoices": [
            {
                "number": invoice["number"],
                "due_on": paris_day(_day(invoice["due_on"])),
                "balance": amount(Decimal(invoice["balance"])),
                "level": LEVEL_NAMES[invoice["level"]],
                "reminded_on": paris_day(_day(invoice["reminded_on"])),
            }
            for invoice in line["invoices"]
        ],
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
