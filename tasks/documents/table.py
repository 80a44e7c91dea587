"""Tables that go over several pages, with the total carried from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.pdfgen.canvas import Canvas

from tasks.documents import french
from tasks.documents.layout import (
    ACCENT,
    BODY,
    GREY,
    LEFT,
    RIGHT,
    STRONG,
    Align,
    Style,
    draw_rule,
    draw_text,
    mm,
)
from tasks.documents.typography import BOLD

PADDING = 5.0
HEADER_HEIGHT = 20.0
CARRY_HEIGHT = BODY.leading + PADDING
MOST_LINES = 20  # of one row; a longer text goes on in rows of its own, so that no row is higher than a page

HEADER = Style(8.5, 11.5, BOLD, ACCENT)
CARRIED = Style(BODY.size, BODY.leading, colour=GREY)


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its title; ``x`` is its left edge, or its right one when the column is aligned to the right."""

    title: str
    x: float
    room: float
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the wrapped lines of its first column, the single texts of the others, what it adds to the total."""

    label: tuple[str, ...]
    cells: tuple[str, ...]
    amount: Decimal

    @property
    def height(self) -> float:
        return len(self.label) * BODY.leading + PADDING


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page; the totals carried in and out are None on the first and on the last page."""

    rows: tuple[Row, ...]
    brought: Decimal | None
    carried: Decimal | None


def rows_of(label: str, cells: tuple[str, ...], amount: Decimal, room: float) -> list[Row]:
    """One row, or several when the label is immensely long; the first one bears the amount."""
    lines = BODY.wrap(label, room)
    rows = [Row(tuple(lines[:MOST_LINES]), cells, amount)]
    for start in range(MOST_LINES, len(lines), MOST_LINES):
        rows.append(Row(tuple(lines[start : start + MOST_LINES]), ("",) * len(cells), Decimal(0)))
    return rows


def paginate(rows: Sequence[Row], first_room: float, next_room: float, ending: float) -> list[Page]:
    """Share the rows out to pages, so that what follows the table (``ending`` points) fits on the last one.

    ``first_room`` and ``next_room`` are the heights there are for rows, the header row not counted. What follows
    never stands alone on a page when it could have a row above it.
    """
    pages: list[Page] = []
    rest = list(rows)
    brought: Decimal | None = None
    while True:
        room = next_room - CARRY_HEIGHT if pages else first_room
        height = sum(row.height for row in rest)
        if height + ending <= room or (pages and not rest):
            pages.append(Page(tuple(rest), brought, None))
            return pages
        taken = _that_fit(rest, room - CARRY_HEIGHT)
        if taken == len(rest) > 1:
            taken -= 1
        carried = sum((row.amount for row in rest[:taken]), brought or Decimal(0))
        pages.append(Page(tuple(rest[:taken]), brought, carried))
        rest, brought = rest[taken:], carried


def _that_fit(rows: Sequence[Row], room: float) -> int:
    for count, row in enumerate(rows):
        room -= row.height
        if room < 0:
            return max(count, 1)
    return len(rows)


def height(page: Page) -> float:
    """The height in points of what ``draw_table`` draws."""
    carries = (page.brought is not None) + (page.carried is not None)
    return HEADER_HEIGHT + sum(row.height for row in page.rows) + carries * CARRY_HEIGHT


def draw_table(canvas: Canvas, y: float, columns: Sequence[Column], page: Page, brought: str, carried: str) -> float:
    """Draw the header row, the rows and the carried totals from ``y`` (the top edge) on; the bottom edge."""
    for column in columns:
        draw_text(canvas, column.x, y + HEADER.size + 2, column.title, HEADER, align=column.align, room=column.room)
    y += HEADER_HEIGHT
    draw_rule(canvas, LEFT, y, RIGHT, colour=ACCENT, thickness=1)
    if page.brought is not None:
        y = _draw_carry(canvas, y, columns[-1], brought, page.brought)
    for row in page.rows:
        baseline = y + PADDING / 2 + BODY.size
        for line in row.label:
            draw_text(canvas, columns[0].x, baseline, line, BODY)
            baseline += BODY.leading
        baseline = y + PADDING / 2 + BODY.size
        for column, cell in zip(columns[1:], row.cells, strict=True):
            if cell:
                draw_text(canvas, column.x, baseline, cell, BODY, align=column.align, room=column.room)
        y += row.height
        draw_rule(canvas, LEFT, y, RIGHT, thickness=0.4)
    if page.carried is not None:
        y = _draw_carry(canvas, y, columns[-1], carried, page.carried)
    return y


def _draw_carry(canvas: Canvas, y: float, column: Column, label: str, total: Decimal) -> float:
    baseline = y + PADDING / 2 + BODY.size
    draw_text(canvas, column.x - column.room - 2 * mm, baseline, label, CARRIED, align=Align.RIGHT)
    draw_text(canvas, column.x, baseline, french.amount(total), STRONG, align=column.align, room=column.room)
    y += CARRY_HEIGHT
    draw_rule(canvas, LEFT, y, RIGHT, thickness=0.4)
    return y
