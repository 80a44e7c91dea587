"""The PDF of an invoice: one page, or more when the lines are many."""

from decimal import Decimal
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from models.values.paper import InvoicePaper, Line
from tasks.documents import french, layout, table
from tasks.documents.head import NEXT_TOP, Head, draw_next_head, head_of
from tasks.documents.invoice_ending import invoice_ending
from tasks.documents.layout import BODY_BOTTOM, INSET, LEFT, RIGHT, Align, mm
from tasks.documents.table import Column, Row
from tasks.documents.typography import rendering

TABLE_GAP = 7 * mm

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
        first_top = head.facts_bottom + TABLE_GAP
        ending = invoice_ending(paper)
        columns = _columns(paper)
        pages = table.paginate(
            [row for line in _lines(paper) for row in _rows(line, columns)],
            first_room=BODY_BOTTOM - first_top - table.HEADER_HEIGHT,
            next_room=BODY_BOTTOM - NEXT_TOP - table.HEADER_HEIGHT,
            ending=ending.height,
        )
        for index, page in enumerate(pages):
            if index == 0:
                head.draw(canvas)
            else:
                period = french.period_label(paper.period) if paper.period else ""
                draw_next_head(canvas, paper.issuer, paper.name, f"Facture n° {paper.number}", period)
            top = NEXT_TOP if index else first_top
            bottom = table.draw_table(canvas, top, columns, page, brought="Report", carried="À reporter")
            if index == len(pages) - 1:
                ending.draw(canvas, bottom)
            layout.draw_footer(canvas, paper.issuer, index + 1, len(pages))
            canvas.showPage()
        return len(pages)


def _head(paper: InvoicePaper) -> Head:
    return head_of(
        paper.issuer,
        "FACTURE",
        f"N° {paper.number}",
        role="Résident" if paper.period else "Client",
        name=paper.name,
        care_of=paper.care_of,
        address=paper.address.lines,
        facts=[
            ("Période", french.period_label(paper.period) if paper.period else ""),
            ("Date", french.long_date(paper.issued_on)),
            ("Échéance", french.long_date(paper.due_on) if paper.due_on else ""),
        ],
    )


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
