"""The PDF of an invoice: one page, or more when the lines are many."""

from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from models.values.paper import InvoicePaper, Line
from tasks.documents import french, layout, table
from tasks.documents.invoice_ending import InvoiceEnding
from tasks.documents.layout import (
    BODY_BOTTOM,
    CAPTION,
    INSET,
    LEFT,
    RIGHT,
    SMALL,
    STRONG,
    TINT,
    TITLE,
    TOP,
    WINDOW_BOTTOM,
    WINDOW_LEFT,
    Align,
    Style,
    draw_box,
    draw_lines,
    draw_rule,
    draw_text,
    mm,
)
from tasks.documents.table import Column, Row
from tasks.documents.typography import BOLD, rendering

ISSUER_ROOM = WINDOW_LEFT - LEFT - 8 * mm
FACTS_TOP = WINDOW_BOTTOM + 8 * mm
FACT_ROOM = 35 * mm
FACTS_PADDING = 4 * mm
TABLE_GAP = 7 * mm
NEXT_TABLE_TOP = TOP + 16 * mm

NUMBER = Style(11, 14, BOLD)
FACT = Style(9.5, 13, BOLD)

QUANTITY_RIGHT, PRICE_RIGHT = 128 * mm, 158 * mm
NUMBER_ROOM = 27 * mm


def invoice_pdf(paper: InvoicePaper) -> bytes:
    """The invoice as a file of its own; the same paper gives the same bytes. Any thread may call it."""
    target = BytesIO()
    with rendering():
        canvas = layout.new_canvas(
            target,
            title=f"Facture {paper.number}",
            author=paper.issuer.structure or paper.issuer.association,
            dated=paper.issued_on,
        )
        draw_invoice(canvas, paper)
        canvas.save()
    return target.getvalue()


def draw_invoice(canvas: Canvas, paper: InvoicePaper) -> int:
    """Draw the invoice on new pages of the canvas, which many papers may share; the number of its pages.

    Who brings a canvas holds ``typography.rendering()`` from its first paper until it is saved.
    """
    with rendering():
        head = _head(paper)
        ending = InvoiceEnding.of(paper)
        columns = _columns(paper)
        pages = table.paginate(
            [row for line in _lines(paper) for row in _rows(line, columns)],
            first_room=BODY_BOTTOM - head.bottom - table.HEADER_HEIGHT,
            next_room=BODY_BOTTOM - NEXT_TABLE_TOP - table.HEADER_HEIGHT,
            ending=ending.height,
        )
        for index, page in enumerate(pages):
            top = _draw_next_head(canvas, paper) if index else _draw_head(canvas, paper, head)
            bottom = table.draw_table(canvas, top, columns, page, brought="Report", carried="À reporter")
            if index == len(pages) - 1:
                ending.draw(canvas, bottom)
            layout.draw_footer(canvas, paper.issuer, index + 1, len(pages))
            canvas.showPage()
        return len(pages)


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of the first page, its texts wrapped; ``bottom`` is where the table begins."""

    issuer: list[tuple[str, Style]]
    person: tuple[str, list[str], list[str]]
    facts: list[tuple[str, str]]
    facts_top: float
    facts_bottom: float

    @property
    def bottom(self) -> float:
        return self.facts_bottom + TABLE_GAP


def _head(paper: InvoicePaper) -> _Head:
    facts = [
        ("Période", french.period_label(paper.period) if paper.period else ""),
        ("Date", french.long_date(paper.issued_on)),
        ("Échéance", french.long_date(paper.due_on) if paper.due_on else ""),
    ]
    facts = [(label, text) for label, text in facts if text]
    room = RIGHT - LEFT - len(facts) * FACT_ROOM - 2 * INSET
    names = FACT.wrap(paper.name, room)
    guardian = SMALL.wrap(f"s/c {paper.care_of}", room) if paper.care_of.strip() else []
    issuer = layout.issuer_lines(paper.issuer, ISSUER_ROOM)
    top = max(FACTS_TOP, TOP + sum(style.leading for _, style in issuer) + 4 * mm)
    height = CAPTION.leading + len(names) * FACT.leading + len(guardian) * SMALL.leading + 2 * FACTS_PADDING - 2
    return _Head(issuer, ("Résident" if paper.period else "Client", names, guardian), facts, top, top + height)


def _draw_head(canvas: Canvas, paper: InvoicePaper, head: _Head) -> float:
    layout.draw_fold_marks(canvas)
    layout.draw_issuer(canvas, head.issuer)
    draw_text(canvas, RIGHT, TOP + TITLE.size - 3, "FACTURE", TITLE, align=Align.RIGHT)
    number = f"N° {paper.number}"
    draw_text(canvas, RIGHT, TOP + TITLE.leading + NUMBER.size, number, NUMBER, align=Align.RIGHT, room=70 * mm)
    care_of = (f"s/c {paper.care_of}",) if paper.care_of.strip() else ()
    layout.draw_window_address(canvas, (paper.name, *care_of, *paper.address.lines))
    _draw_facts(canvas, head)
    return head.bottom


def _draw_facts(canvas: Canvas, head: _Head) -> None:
    """The tinted strip: whom and when the invoice concerns."""
    draw_box(canvas, LEFT, head.facts_top, RIGHT, head.facts_bottom, TINT)
    caption_line = head.facts_top + FACTS_PADDING + CAPTION.size - 1
    first_line = caption_line + FACT.leading
    x = LEFT + INSET
    title, names, guardian = head.person
    draw_text(canvas, x, caption_line, title, CAPTION)
    draw_lines(canvas, x, draw_lines(canvas, x, first_line, names, FACT), guardian, SMALL)
    x = RIGHT - len(head.facts) * FACT_ROOM
    for label, text in head.facts:
        draw_text(canvas, x, caption_line, label, CAPTION)
        draw_text(canvas, x, first_line, text, FACT, room=FACT_ROOM - 2 * mm)
        x += FACT_ROOM


def _draw_next_head(canvas: Canvas, paper: InvoicePaper) -> float:
    """The shorter head of the second page and those after it."""
    number = f"Facture n° {paper.number}"
    draw_text(canvas, LEFT, TOP + STRONG.size, paper.issuer.structure, STRONG, room=92 * mm)
    draw_text(canvas, RIGHT, TOP + STRONG.size, number, STRONG, align=Align.RIGHT, room=72 * mm)
    draw_text(canvas, LEFT, TOP + STRONG.size + STRONG.leading, paper.name, SMALL, room=92 * mm)
    if paper.period:
        period = french.period_label(paper.period)
        draw_text(canvas, RIGHT, TOP + STRONG.size + STRONG.leading, period, SMALL, align=Align.RIGHT)
    draw_rule(canvas, LEFT, NEXT_TABLE_TOP - 4 * mm, RIGHT)
    return NEXT_TABLE_TOP


def _lines(paper: InvoicePaper) -> tuple[Line, ...]:
    """The lines to print; an invoice that came without any has one with its total."""
    return paper.lines or (Line("Montant de la facture", paper.total_excl_tax),)


def _columns(paper: InvoicePaper) -> tuple[Column, ...]:
    """Quantity and price only where a line has them; "HT" only where the lines do add up to the total without tax."""
    excl_tax = paper.vat != 0 and sum((line.amount for line in paper.lines), Decimal(0)) == paper.total_excl_tax
    suffix = " HT" if excl_tax else ""
    amount = Column(f"Montant{suffix}", RIGHT - INSET, NUMBER_ROOM, Align.RIGHT)
    if all(line.quantity is None and line.unit_price is None for line in paper.lines):
        return (Column("Désignation", LEFT + INSET, RIGHT - LEFT - NUMBER_ROOM - 3 * INSET), amount)
    return (
        Column("Désignation", LEFT + INSET, QUANTITY_RIGHT - 18 * mm - INSET - LEFT),
        Column("Quantité", QUANTITY_RIGHT, 18 * mm, Align.RIGHT),
        Column(f"Prix unitaire{suffix}", PRICE_RIGHT, NUMBER_ROOM, Align.RIGHT),
        amount,
    )


def _rows(line: Line, columns: tuple[Column, ...]) -> list[Row]:
    cells = [french.amount(line.amount)]
    if len(columns) == 4:
        quantity = french.quantity(line.quantity) if line.quantity is not None else ""
        price = french.unit_price(line.unit_price) if line.unit_price is not None else ""
        cells = [quantity, price, *cells]
    return table.rows_of(line.label, tuple(cells), line.amount, columns[0].room)
