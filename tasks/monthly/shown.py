"""The stored lines of a campaign as the entries of a review form."""

from __future__ import annotations

from dataclasses import dataclass

from models.reading.campaign_lines import read_lines
from models.rules.changes import as_seen
from models.rules.coverage import Coverage
from models.values.campaign import CampaignReference
from settings.ledger import reading_ledger
from tasks.monthly.plan_page import shown_columns
from tasks.monthly.planning import message_count


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a form. Its ``label`` never changes: it is made from the words that are stored for that form.

    ``offered``: it may be added. An uncertain one may not: somebody has to find out first whether it arrived. A line
    that has lost its last address is neither preselected nor offered. ``messages`` is how many it makes, preselected.
    """

    document_id: int
    label: str
    preselected: bool
    offered: bool
    addresses: int
    messages: int


def read_shown_lines(campaign: CampaignReference, form: int | None = None) -> list[ShownLine]:
    """The lines of the review, in the order of the screen, as the form with this number had them; None: the next."""
    with reading_ledger() as session:
        lines = read_lines(session, campaign.campaign_id)
        seen = [line.shown if form is None else as_seen(line.shown, form) for line in lines]
        return [
            ShownLine(
                document_id=line.document_id,
                label=_label(shown_columns(shown)),
                preselected=line.preselected and bool(shown["addresses"]),
                offered=bool(shown["addresses"]) and shown["coverage"] != Coverage.UNCERTAIN,
                addresses=len(shown["addresses"]),
                messages=message_count(shown, campaign),
            )
            for line, shown in zip(lines, seen, strict=True)
        ]


def _label(columns: dict[str, str]) -> str:
    parts = (columns["name"], columns["number"], columns["amount"], columns["last"])
    return " · ".join(part for part in parts if part)
