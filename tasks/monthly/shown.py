"""The stored lines of a campaign as the entries of a review form."""

from __future__ import annotations

from dataclasses import dataclass

from models.reading.campaign_lines import read_lines
from models.rules.coverage import Coverage
from models.values.campaign import CampaignReference
from settings.ledger import reading_ledger
from tasks.monthly.plan_page import shown_columns


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of the form. ``label`` never changes for a stored campaign: it is made from stored words.

    ``offered``: it may be added. An uncertain one may not: somebody has to find out first whether it arrived.
    """

    document_id: int
    label: str
    preselected: bool
    offered: bool
    addresses: int


def read_shown_lines(campaign: CampaignReference) -> list[ShownLine]:
    """The lines of the review, in the order of the screen."""
    with reading_ledger() as session:
        lines = read_lines(session, campaign.campaign_id)
        return [
            ShownLine(
                document_id=line.document_id,
                label=_label(shown_columns(line.shown)),
                preselected=line.preselected,
                offered=line.shown["coverage"] != Coverage.UNCERTAIN,
                addresses=len(line.shown["addresses"]),
            )
            for line in lines
        ]


def _label(columns: dict[str, str]) -> str:
    parts = (columns["name"], columns["number"], columns["amount"], columns["last"])
    return " · ".join(part for part in parts if part)
