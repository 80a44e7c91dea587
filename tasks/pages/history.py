"""The invoices over the months: how many of each structure were mailed, printed or failed, and when last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.standings import Standing, read_standings
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.values.ending import Ending
from models.values.people import alphabetical
from settings.ledger import reading_ledger
from tasks.french.moments import month_label, paris_moment
from tasks.pages.coverage_classes import HEADING, CoverageClass, columns, count, counted, share
from tasks.pages.pictures import Part, stacked_bar
from tasks.pages.rendering import render_page

SHOWN_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """The invoices of one month."""

    period: str
    standings: tuple[Standing, ...]


def history(period: str, structures: Sequence[str]) -> Ending:
    """The page for one month, or (empty) for the last SHOWN_MONTHS; of the structures with these codes, or of all."""
    with reading_ledger() as session:
        periods = [period] if period else _periods(session, structures)
        months = [Month(month, tuple(read_standings(session, month, structures))) for month in periods[:SHOWN_MONTHS]]
    months = [month for month in months if month.standings]
    if not months:
        return Ending(f"Aucune facture{f' de {month_label(period)}' if period else ''} n'a été importée.")
    standings = [standing for month in months for standing in month.standings]
    older = len(periods) - SHOWN_MONTHS
    return Ending(
        sentence=f"{len(standings)} facture{'s' if len(standings) > 1 else ''} sur {len(months)} mois.",
        page=render_page(
            "history",
            months=[_bar(month) for month in months],
            sections=_sections(months, standings),
            older=month_label(periods[SHOWN_MONTHS]) if older > 0 else "",
        ),
    )


def _periods(session: Session, structures: Sequence[str]) -> list[str]:
    """The months that have an invoice of a resident, the latest first."""
    query = (
        select(Invoice.period)
        .join(Structure, Invoice.structure_id == Structure.id)
        .where(Invoice.period.is_not(None), Invoice.resident_id.is_not(None))
    )
    if structures:
        query = query.where(Structure.code.in_(structures))
    return sorted((period for period in session.scalars(query.distinct()) if period), reverse=True)


def _bar(month: Month) -> dict[str, str]:
    counts = count(month.standings)
    shown = [label for label in columns(counts) if counts[label]]
    parts = ", ".join(counted(label, counts[label]) for label in shown)
    words = f"{month_label(month.period)} : {len(month.standings)} factures, dont {parts}"
    picture = stacked_bar([Part(label, counts[label]) for label in shown], words)
    return {"label": month_label(month.period), "words": words, "picture": picture}


def _sections(months: Sequence[Month], standings: Sequence[Standing]) -> list[dict[str, object]]:
    """All structures together, then each of them by name."""
    names = {standing.structure_code: standing.structure_name for standing in standings}
    sections = [_section("Ensemble", months, "")] if len(names) > 1 else []
    ordered = sorted(names.items(), key=lambda structure: alphabetical(structure[1]))
    return sections + [_section(name, months, code) for code, name in ordered]


def _section(title: str, months: Sequence[Month], code: str) -> dict[str, object]:
    chosen = {month.period: [s for s in month.standings if not code or s.structure_code == code] for month in months}
    labels = columns(count(standing for found in chosen.values() for standing in found))
    return {
        "title": title,
        "headings": [HEADING[label] for label in labels],
        "rows": [_row(period, found, labels) for period, found in chosen.items() if found],
    }


def _row(period: str, standings: Sequence[Standing], labels: Sequence[CoverageClass]) -> dict[str, object]:
    counts = count(standings)
    sent = max((standing.sent_at for standing in standings if standing.sent_at), default=None)
    return {
        "month": month_label(period),
        "total": len(standings),
        "shares": [(counts[label], share(counts[label], len(standings)) if counts[label] else "") for label in labels],
        "last": paris_moment(sent),
    }
