"""What the demonstration tells at its end: the period's invoices, and whether ledger and mailbox agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from flows.cli.mailbox import Comparison, compare
from models.campaign import REAL, Campaign
from models.delivery import Delivery
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.states import DeliveryState
from models.session import reading
from models.standings import Standing, read_standings
from models.values.period import Period
from settings.load import Settings
from tasks.documents.french import period_label
from tasks.labels import COVERAGE, NO_ADDRESS

WIDTH = 46
SHOWN = 10


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many messages of a period were accepted, of how many that are planned."""

    accepted: int
    total: int


def ledger_counts(settings: Settings, period: str) -> LedgerCounts:
    """The period's deliveries of real campaigns, as they stand now."""
    with reading(settings.database) as session:
        rows = session.execute(
            select(Delivery.state, func.count())
            .join(Campaign, Delivery.campaign_id == Campaign.id)
            .where(Campaign.period == period, Delivery.purpose == REAL)
            .group_by(Delivery.state)
        ).tuples()
        counts = dict(rows.all())
    return LedgerCounts(counts.get(DeliveryState.ACCEPTED, 0), sum(counts.values()))


def show_report(settings: Settings, period: str) -> bool:
    """Print the report; whether the ledger and the mailbox agree."""
    with reading(settings.database) as session:
        standings = read_standings(session, period)
    for label, count in coverage_rows(standings, period):
        print(f"{label:<{WIDTH}}{count:>6}")
    found = compare(settings.database, settings.mailbox)
    print(f"\n{'Messages acceptés, d’après le registre':<{WIDTH}}{found.accepted:>6}")
    print(f"{'Messages dans la boîte d’essai':<{WIDTH}}{found.messages:>6}")
    print("\n".join(_verdict(found)))
    folder = f"FACTEUR_VAR={settings.var} " if settings.var != Path("var") else ""
    print(
        f"\nOù regarder\n"
        f"  les messages reçus   {settings.mailbox / 'new'}\n"
        f"  chaque facture       {folder}.venv/bin/facteur status --period {period}\n"
        f"  l'écran              {folder}make up"
    )
    return found.agrees


def coverage_rows(standings: list[Standing], period: str) -> list[tuple[str, int]]:
    """The classes of the period's invoices, which add up to their number; what is to print, by reason."""
    to_print = Counter(
        s.recipients for s in standings if s.coverage is Coverage.WAITING and isinstance(s.recipients, NoAddress)
    )
    counts = Counter(s.coverage for s in standings)
    counts[Coverage.WAITING] -= to_print.total()
    month = Period.parse(period)
    rows = [(f"Factures de {period_label(month) if month else period}", len(standings))]
    rows.append((f"  {COVERAGE[Coverage.MAILED]}", counts[Coverage.MAILED]))
    rows.append(("  à imprimer", to_print.total()))
    rows += [(f"    {NO_ADDRESS[reason]}", count) for reason, count in to_print.most_common()]
    rows.append((f"  {COVERAGE[Coverage.FAILED]}", counts[Coverage.FAILED]))
    rare = (Coverage.UNCERTAIN, Coverage.WAITING, Coverage.PRINTED, Coverage.EXCLUDED)
    return rows + [(f"  {COVERAGE[found]}", counts[found]) for found in rare if counts[found]]


def _verdict(found: Comparison) -> list[str]:
    if found.agrees:
        return ["Le registre et la boîte d'essai concordent."]
    return ["Le registre et la boîte d'essai ne concordent PAS :"] + [
        f"  {what} : {message_id}"
        for what, ids in (
            ("accepté, mais absent", found.missing),
            ("reçu deux fois", found.twice),
            ("reçu, mais inconnu du registre", found.unknown),
        )
        for message_id in ids[:SHOWN]
    ]
