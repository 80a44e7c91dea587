"""``facteur status --period 2024-09 [--json]``: the coverage of a period, and each delivery with its evidence."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import Any

from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.schema import is_current
from models.session import reading
from models.standings import DeliveryStanding, Standing, read_standings
from models.values.period import Period
from settings.load import load_settings
from tasks.labels import COVERAGE, NO_ADDRESS, ONE_INVOICE, STATE, observed
from tasks.moments import paris_moment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--period", required=True, metavar="AAAA-MM", help="la période, par exemple 2024-09")
    parser.add_argument("--json", action="store_true", help="écrire du JSON, pour un autre programme")


def run(arguments: argparse.Namespace) -> int:
    """Print where each invoice of the period stands."""
    period = Period.parse(arguments.period)
    if period is None:
        print(f"La période « {arguments.period} » n'est pas reconnue : écrivez-la AAAA-MM, par exemple 2024-09.")
        return 2
    url = load_settings().database
    if not is_current(url):
        print("La base de données n'est pas à jour : lancez « facteur migrate ».")
        return 2
    with reading(url) as session:
        standings = read_standings(session, str(period))
    print(
        json.dumps(as_json(str(period), standings), ensure_ascii=False, indent=2)
        if arguments.json
        else _text(standings)
    )
    return 0


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
        "deliveries": [_delivery(delivery) for delivery in standing.deliveries],
    }


def _delivery(delivery: DeliveryStanding) -> dict[str, Any]:
    evidence = delivery.evidence
    return {
        "id": delivery.delivery_id,
        "address": delivery.address,
        "role": delivery.role,
        "state": delivery.state.value,
        "changed_at": delivery.changed_at.isoformat(),
        "not_before": delivery.not_before.isoformat() if delivery.not_before else None,
        "message_id": delivery.message_id,
        "note": delivery.note,
        "evidence": {
            "stage": evidence.stage.value,
            "code": evidence.code,
            "enhanced": evidence.enhanced,
            "text": evidence.text,
            "fault": evidence.fault.value if evidence.fault else None,
        }
        if evidence
        else None,
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
        rows += [
            f"    {d.address}  {STATE[d.state]}  {paris_moment(d.changed_at)}  {d.note or observed(d.evidence)}"
            for d in standing.deliveries
        ]
    return "\n".join(rows)
