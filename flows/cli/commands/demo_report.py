"""What the demonstration tells at its end: invoices, reminders, and whether ledger and mailbox agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.cli.commands.demo_mailbox import Comparison, compare
from models.database.clock import utc_now
from models.database.session import reading
from models.reading.overdue import OverdueStanding, read_overdue
from models.reading.standings import Standing, read_standings
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign
from models.tables.delivery import Delivery
from models.tables.document import Printing
from models.values.campaign import REAL
from models.values.kinds import REMINDER
from models.values.period import Period
from settings.load import Settings
from tasks.documents.french import period_label
from tasks.french.labels import COVERAGE, NO_ADDRESS, NOT_DUE
from tasks.french.moments import paris_day
from tasks.pages.coverage_classes import LABEL, CoverageClass
from tasks.purging.limits import months_before

WIDTH = 46
SHOWN = 10
REMINDED = {Coverage.MAILED: "relancées par e-mail", Coverage.PRINTED: "relancées par courrier"}

Row = tuple[str, int]


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many messages were accepted, of how many that are planned."""

    accepted: int
    total: int


def ledger_counts(settings: Settings, kind: str = "") -> LedgerCounts:
    """The deliveries of the real campaigns of a kind, or (empty) of all, as they stand now."""
    with reading(settings.database) as session:
        query = (
            select(Delivery.state, func.count())
            .join(Campaign, Delivery.campaign_id == Campaign.id)
            .where(Delivery.purpose == REAL)
            .group_by(Delivery.state)
        )
        rows = session.execute(query.where(Campaign.kind == kind) if kind else query).tuples()
        counts = dict(rows.all())
    return LedgerCounts(counts.get(DeliveryState.ACCEPTED, 0), sum(counts.values()))


def show_report(settings: Settings, period: str, day: date) -> bool:
    """Print the report; whether the ledger and the mailbox agree."""
    with reading(settings.database) as session:
        standings = read_standings(session, period)
        overdue = read_overdue(session, day)
        files = _files(session)
    _show(coverage_rows(standings, period))
    print()
    _show(reminder_rows(overdue, day))
    since = months_before(utc_now(), settings.retention.trials_months)
    found = compare(settings.database, settings.mailbox, since)
    print()
    _show(
        [
            ("Messages acceptés, d’après le registre", found.accepted),
            ("  dont relances", ledger_counts(settings, REMINDER).accepted),
            ("Messages dans la boîte d’essai", found.messages),
        ]
    )
    print("\n".join(_verdict(found)))
    folder = f"FACTEUR_VAR={settings.var} " if settings.var != Path("var") else ""
    command = f"{folder}.venv/bin/facteur status"
    print(
        f"\nOù regarder\n"
        f"  les messages reçus   {settings.mailbox / 'new'}\n"
        + "".join(f"  à imprimer           {settings.prints / name}\n" for name in files)
        + f"  chaque facture       {command} --period {period}\n"
        f"  chaque relance       {command} --reminders --date {day}\n"
        f"  l'écran              {folder}make up"
    )
    return found.agrees


def _show(rows: Iterable[Row]) -> None:
    for label, count in rows:
        print(f"{label:<{WIDTH}}{count:>6}")


def _files(session: Session) -> list[str]:
    query = select(Printing.file_name).group_by(Printing.file_name).order_by(func.min(Printing.id))
    return list(session.scalars(query))


def coverage_rows(standings: list[Standing], period: str) -> list[Row]:
    """The classes of the period's invoices, which add up to their number; what goes on paper, by reason."""
    counts = Counter(s.coverage for s in standings)
    to_print = sum(s.waits_for_printing for s in standings)
    counts[Coverage.WAITING] -= to_print
    reasons = Counter(
        s.recipients
        for s in standings
        if s.coverage in {Coverage.WAITING, Coverage.PRINTED} and isinstance(s.recipients, NoAddress)
    )
    month = Period.parse(period)
    rows = [(f"Factures de {period_label(month) if month else period}", len(standings))]
    rows.append((f"  {COVERAGE[Coverage.MAILED]}", counts[Coverage.MAILED]))
    rows.append((f"  {COVERAGE[Coverage.PRINTED]}", counts[Coverage.PRINTED]))
    rows += [(f"  {LABEL[CoverageClass.TO_PRINT]}", to_print)] if to_print else []
    rows += [(f"    {NO_ADDRESS[reason]}", count) for reason, count in reasons.most_common()]
    rows.append((f"  {COVERAGE[Coverage.FAILED]}", counts[Coverage.FAILED]))
    rare = (Coverage.UNCERTAIN, Coverage.WAITING, Coverage.EXCLUDED)
    return rows + [(f"  {COVERAGE[found]}", counts[found]) for found in rare if counts[found]]


def reminder_rows(overdue: list[OverdueStanding], day: date) -> list[Row]:
    """The classes of the overdue invoices, which add up to their number; what is excluded, by reason."""
    counts = Counter(s.coverage for s in overdue)
    reasons = Counter(NOT_DUE[s.reason] for s in overdue if s.coverage is Coverage.EXCLUDED)
    rows = [(f"Factures échues au {paris_day(day)}", len(overdue))]
    rows += [(f"  {label}", counts[found]) for found, label in REMINDED.items()]
    rows.append((f"  {COVERAGE[Coverage.EXCLUDED]}", counts[Coverage.EXCLUDED]))
    rows += [(f"    {reason}", count) for reason, count in reasons.most_common()]
    rare = (Coverage.FAILED, Coverage.UNCERTAIN, Coverage.WAITING)
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
