"""``facteur status --reminders``: where each overdue invoice stands, and what became of its last reminder."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from flows.cli.commands.delivery_status import delivery_as_json, delivery_as_text
from models.reading.overdue import LastReminder, OverdueStanding
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.rules.reminder_coverage import Progress
from models.values.kinds import Channel
from models.values.reminder_paper import LEVEL_NAMES
from tasks.documents.french import amount
from tasks.french.labels import CHANNEL, COVERAGE, NO_ADDRESS, NOT_DUE, ONE_INVOICE, PROGRESS
from tasks.french.moments import paris_day, paris_moment
from tasks.pages.coverage_classes import LABEL, CoverageClass


def as_json(day: date, standings: list[OverdueStanding]) -> dict[str, Any]:
    """The coverage, which adds up to the total, and every overdue invoice with its last reminder and its evidence."""
    counts = Counter(standing.coverage for standing in standings)
    return {
        "date": day.isoformat(),
        "total": len(standings),
        "coverage": {found.value: counts[found] for found in Coverage},
        "invoices": [_invoice(standing) for standing in standings],
    }


def _invoice(standing: OverdueStanding) -> dict[str, Any]:
    return {
        "structure": standing.structure_code,
        "client": standing.client_code,
        "name": standing.client_name,
        "number": standing.number,
        "due_on": standing.due_on.isoformat() if standing.due_on else None,
        "balance": str(standing.balance),
        "coverage": standing.coverage.value,
        "reason": standing.reason or None,
        "due_level": standing.due if isinstance(standing.due, int) else None,
        "level_reached": standing.level_reached,
        "reminded_on": standing.reminded_on.isoformat() if standing.reminded_on else None,
        "no_address": standing.recipients.value if isinstance(standing.recipients, NoAddress) else None,
        "last_reminder": _reminder(standing.last) if standing.last else None,
    }


def _reminder(last: LastReminder) -> dict[str, Any]:
    return {
        "level": last.level,
        "channel": last.channel.value,
        "progress": last.progress.value,
        "printed_at": last.printed_at.isoformat() if last.printed_at else None,
        "deliveries": [delivery_as_json(delivery) for delivery in last.deliveries],
    }


def as_text(standings: list[OverdueStanding]) -> str:
    """The same for a person."""
    counts = Counter(standing.coverage for standing in standings)
    rows = [f"{COVERAGE[found]:<20} {counts[found]:>6}" for found in Coverage]
    rows.append(f"{'factures échues':<20} {len(standings):>6}")
    for standing in standings:
        rows += _standing(standing)
    return "\n".join(rows)


def _standing(standing: OverdueStanding) -> list[str]:
    owes = f"{amount(standing.balance)}, " + (
        f"échue le {paris_day(standing.due_on)}" if standing.due_on else "sans date d'échéance"
    )
    reason = f" ({NOT_DUE[standing.reason]})" if standing.reason else ""
    rows = [
        f"\n{standing.structure_code}  {standing.client_name}  {standing.number}  {owes}  : "
        f"{ONE_INVOICE[standing.coverage]}{reason}"
    ]
    if standing.level_reached:
        rows.append(f"    niveau atteint : {LEVEL_NAMES[standing.level_reached]}, le {paris_day(standing.reminded_on)}")
    if isinstance(standing.due, int):
        rows.append(f"    à relancer : {LEVEL_NAMES[standing.due]}")
        if isinstance(standing.recipients, NoAddress):
            rows.append(f"    à imprimer : {NO_ADDRESS[standing.recipients]}")
    if standing.last:
        rows.append(f"    dernière : {_last(standing.last)}")
        rows += [delivery_as_text(delivery) for delivery in standing.last.deliveries]
    return rows


def _last(last: LastReminder) -> str:
    """``relance 1, courrier, éditée le 15/11/2024 à 10:00``."""
    words = [LEVEL_NAMES[last.level], CHANNEL[last.channel], PROGRESS[last.progress]]
    if last.channel is Channel.LETTER and not last.printed_at:
        words[2] = LABEL[CoverageClass.TO_PRINT]
    if last.printed_at:
        printed = f"{PROGRESS[Progress.PRINTED]} le {paris_moment(last.printed_at)}"
        words = [*words[:2], printed] if last.progress is Progress.PRINTED else [*words, printed]
    return ", ".join(words)
