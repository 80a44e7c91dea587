"""``facteur status --period 2024-09 [--json]``: the coverage of a period, and each delivery with its evidence.

``facteur status --reminders [--date 2024-11-15]``: the same of the clients' overdue invoices, in reminder_status.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import datetime
from typing import Any

from flows.cli.commands import reminder_status
from flows.cli.commands.delivery_status import delivery_as_json, delivery_as_text
from models.database.schema import is_current
from models.database.session import reading
from models.reading.overdue import read_overdue
from models.reading.standings import Standing, read_standings
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.values.ending import Refusal
from models.values.moments import PARIS
from models.values.period import Period
from settings.load import load_settings
from tasks.french.labels import COVERAGE, NO_ADDRESS, ONE_INVOICE
from tasks.reminders.planning import read_day


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--period", metavar="AAAA-MM", help="les factures d'une période, par exemple 2024-09")
    what.add_argument("--reminders", action="store_true", help="les factures échues des clients, et leurs relances")
    parser.add_argument(
        "--date", metavar="AAAA-MM-JJ", default="", help="avec --reminders : le jour ; sinon, aujourd'hui"
    )
    parser.add_argument("--json", action="store_true", help="écrire du JSON, pour un autre programme")


def run(arguments: argparse.Namespace) -> int:
    """Print where each invoice of the period, or each overdue invoice of the clients, stands."""
    period = Period.parse(arguments.period or "")
    day = read_day(arguments.date, datetime.now(PARIS))
    if not arguments.reminders and period is None:
        return _wrong(
            f"La période « {arguments.period} » n'est pas reconnue : écrivez-la AAAA-MM, par exemple 2024-09."
        )
    if arguments.date and not arguments.reminders:
        return _wrong("« --date » ne va qu'avec « --reminders » : les factures d'une période n'ont pas de jour.")
    if isinstance(day, Refusal):
        return _wrong(day.sentence)
    url = load_settings().database
    if not is_current(url):
        return _wrong("La base de données n'est pas à jour : lancez « facteur migrate ».")
    with reading(url) as session:
        if arguments.reminders:
            overdue = read_overdue(session, day)
            found, text = reminder_status.as_json(day, overdue), reminder_status.as_text(overdue)
        else:
            standings = read_standings(session, str(period))
            found, text = as_json(str(period), standings), _text(standings)
    print(json.dumps(found, ensure_ascii=False, indent=2) if arguments.json else text)
    return 0


def _wrong(sentence: str) -> int:
    print(sentence)
    return 2


def as_json(period: str, standings: list[Standing]) -> dict[str, Any]:
    """The coverage, its total, and every invoice with its deliveries and their evidence."""
    counts = Counter(standing.coverage for standing in standings)
    return {
        "period": period,
        "total": len(standings),
        "coverage": {found.value: counts[found] for found in Coverage},
        "invoices": [_invoice(standing) for standing in standings],
    }


def _invoice(standing: Standing) -> dict[str, Any]:
    return {
        "structure": standing.structure_code,
        "name": standing.name,
        "number": standing.number,
        "coverage": standing.coverage.value,
        "version": standing.version,
        "no_address": standing.recipients.value if isinstance(standing.recipients, NoAddress) else None,
        "printed_at": standing.printed_at.isoformat() if standing.printed_at else None,
        "deliveries": [delivery_as_json(delivery) for delivery in standing.deliveries],
    }


def _text(standings: list[Standing]) -> str:
    counts = Counter(standing.coverage for standing in standings)
    rows = [f"{COVERAGE[found]:<20} {counts[found]:>6}" for found in Coverage]
    rows.append(f"{'factures':<20} {len(standings):>6}")
    for standing in standings:
        rows.append(
            f"\n{standing.structure_code}  {standing.name}  {standing.number}  : {ONE_INVOICE[standing.coverage]}"
        )
        if isinstance(standing.recipients, NoAddress):
            rows.append(f"    à imprimer : {NO_ADDRESS[standing.recipients]}")
        rows += [delivery_as_text(delivery) for delivery in standing.deliveries]
    return "\n".join(rows)
