"""The table of the invoices that a reminder names."""

from collections.abc import Sequence

from models.values.reminder_paper import OverdueInvoice, ReminderPaper
from tasks.documents import french, table
from tasks.documents.layout import INSET, LEFT, RIGHT, Align, mm
from tasks.documents.table import Column, Row

AMOUNT_ROOM = 21 * mm
BALANCE_ROOM = 24 * mm  # the carried totals stand in it too
DATE_ROOM = 18 * mm
LEVEL_ROOM = 11 * mm
DAYS_ROOM = 11 * mm
GAP = 2 * mm


def columns_of(paper: ReminderPaper) -> tuple[Column, ...]:
    """Number, date, due date, days late, level where the invoices have several, amount, paid, balance."""
    numbers: list[tuple[str, float, Align]] = [
        ("Date", DATE_ROOM, Align.LEFT),
        ("Échéance", DATE_ROOM, Align.LEFT),
        ("Retard", DAYS_ROOM, Align.RIGHT),
        *([("Niveau", LEVEL_ROOM, Align.RIGHT)] if paper.several_levels else []),
        ("Montant TTC", AMOUNT_ROOM, Align.RIGHT),
        ("Réglé", AMOUNT_ROOM, Align.RIGHT),
        ("Reste dû", BALANCE_ROOM, Align.RIGHT),
    ]
    edge = RIGHT - INSET
    columns: list[Column] = []
    for title, room, align in reversed(numbers):
        columns.insert(0, Column(title, edge if align is Align.RIGHT else edge - room, room, align))
        edge -= room + GAP
    return (Column("Facture", LEFT + INSET, edge - LEFT - INSET), *columns)


def rows_of(paper: ReminderPaper, columns: Sequence[Column]) -> list[Row]:
    """One row an invoice; what it adds to the carried total is its balance."""
    return [row for line in paper.lines for row in _rows(line, columns, with_level=paper.several_levels)]


def _rows(line: OverdueInvoice, columns: Sequence[Column], *, with_level: bool) -> list[Row]:
    cells = (
        french.short_date(line.issued_on),
        french.short_date(line.due_on),
        days_late(line),
        *((str(line.level),) if with_level else ()),
        french.amount(line.total_incl_tax),
        french.amount(line.paid),
        french.amount(line.balance),
    )
    return table.rows_of(line.number, cells, line.balance, columns[0].room)


def days_late(line: OverdueInvoice) -> str:
    """``45 j``."""
    return f"{line.days_overdue}\N{NO-BREAK SPACE}j"
