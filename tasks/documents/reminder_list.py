"""The invoices of a reminder inside a mail: their texts for the HTML table, and aligned lines for the plain text."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.values.reminder_paper import OverdueInvoice, ReminderPaper
from tasks.documents import french
from tasks.documents.mail_parts import one_line
from tasks.documents.reminder_table import days_late

GAP = "  "
_LEFT_ALIGNED = 3  # number and the two dates; what follows ends on one column


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """An invoice as a mail shows it; ``level`` is empty where all invoices have the same."""

    number: str
    issued_on: str
    due_on: str
    days: str
    level: str
    total: str
    paid: str
    balance: str


def listed(paper: ReminderPaper) -> list[ListedInvoice]:
    """The texts of every invoice, in the order of the paper."""
    return [_listed(line, with_level=paper.several_levels) for line in paper.lines]


def aligned(paper: ReminderPaper) -> str:
    """One line an invoice below a line of titles, and the total: read best in a font of equal widths."""
    rows = [("Facture", "Date", "Échéance", "Retard", *_level(paper, "Niveau"), "Montant TTC", "Réglé", "Reste dû")]
    for line in listed(paper):
        facts = (line.number, line.issued_on, line.due_on, line.days)
        rows.append((*facts, *_level(paper, line.level), line.total, line.paid, line.balance))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    total = f"Total à régler : {french.amount(paper.total_due)}"
    return "\n".join([*(_aligned(row, widths) for row in rows), total])


def _listed(line: OverdueInvoice, *, with_level: bool) -> ListedInvoice:
    return ListedInvoice(
        number=one_line(line.number),
        issued_on=french.short_date(line.issued_on),
        due_on=french.short_date(line.due_on),
        days=days_late(line),
        level=str(line.level) if with_level else "",
        total=french.amount(line.total_incl_tax),
        paid=french.amount(line.paid),
        balance=french.amount(line.balance),
    )


def _level(paper: ReminderPaper, text: str) -> tuple[str, ...]:
    return (text,) if paper.several_levels else ()


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:_LEFT_ALIGNED], widths, strict=False)]
    right = [cell.rjust(width) for cell, width in zip(cells[_LEFT_ALIGNED:], widths[_LEFT_ALIGNED:], strict=True)]
    return GAP.join([*left, *right])
