"""The stored lines of a reminder campaign as the entries of its review form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.reading.campaign_lines import read_lines
from models.rules.changes import Shown, as_seen
from models.tables.campaign import CampaignLine
from models.values.campaign import CampaignReference
from settings.ledger import reading_ledger

NAME_CHARACTERS = 22


@dataclass(frozen=True, slots=True)
class ShownInvoice:
    """One invoice on a line; its label, which no other has, never changes for a stored campaign."""

    invoice_id: int
    label: str


@dataclass(frozen=True, slots=True)
class ShownReminder:
    """One client of a form. ``apart`` says why he is not preselected for e-mail; empty when he is."""

    document_id: int
    label: str
    address: str
    apart: str
    level: int
    invoices: tuple[ShownInvoice, ...]


def read_shown_reminders(campaign: CampaignReference, form: int | None = None) -> list[ShownReminder]:
    """The clients of the review, in the order of the screen, as the form with this number had them; None: the next.

    Whose invoices are all settled by then is not among them.
    """
    with reading_ledger() as session:
        lines = read_lines(session, campaign.campaign_id)
        found = [_shown(line, line.shown if form is None else as_seen(line.shown, form)) for line in lines]
        return [reminder for reminder in found if reminder.invoices]


def _shown(line: CampaignLine, shown: Shown) -> ShownReminder:
    address = shown["addresses"][0][1] if shown["addresses"] else ""
    return ShownReminder(
        document_id=line.document_id,
        label=f"{_brief(shown['name'])} · {shown['structure']} {shown['code']}",
        address=address,
        apart=shown["apart"],
        level=shown["level"],
        invoices=tuple(ShownInvoice(i["id"], _invoice_label(shown, i)) for i in shown["invoices"]),
    )


def _invoice_label(shown: Shown, invoice: Mapping[str, Any]) -> str:
    return f"{invoice['number']} · {shown['structure']} · {_brief(shown['name'])}"


def _brief(name: str) -> str:
    """A chosen entry that is longer than its field is shown as "+1", which names nobody; the rest is in the table."""
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
