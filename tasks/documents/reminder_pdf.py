"""The letter of a payment reminder."""

import re
from functools import partial
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from models.values.reminder_paper import ReminderPaper
from tasks.documents import ending, french, layout, table
from tasks.documents.flow import Flow
from tasks.documents.head import NEXT_TOP, Head, draw_next_head, head_of
from tasks.documents.layout import ACCENT, INSET, LEFT, RIGHT, TINT, Style, draw_box, draw_lines, mm
from tasks.documents.reminder_notes import Medium, ReminderNotes, reminder_notes
from tasks.documents.reminder_table import columns_of, rows_of
from tasks.documents.reminder_wording import Paragraphs, ReminderText
from tasks.documents.typography import BOLD, rendering

TITLES = {1: "Relance n° 1", 2: "Relance n° 2", 3: "Mise en demeure"}

SUBJECT = Style(10.5, 14, BOLD)
TEXT = Style(10, 14)
NOTICE = Style(10, 14, BOLD, ACCENT)
TERMS = Style(9, 12.5)
SUBJECT_GAP = 7 * mm
PARAGRAPH_GAP = 3 * mm
TABLE_GAP = 4 * mm
NOTICE_PADDING = 3 * mm
ROOM = RIGHT - LEFT - 2 * INSET

_PARTED_SIGN = re.compile(r" (?=[:;!?»€])")


def reminder_pdf(paper: ReminderPaper, text: ReminderText) -> bytes:
    """The letter as a file of its own; the same paper and text give the same bytes. Any thread may call it."""
    target = BytesIO()
    with rendering():
        canvas = layout.new_canvas(
            target,
            title=f"{TITLES[paper.level]} {paper.code}".strip(),
            author=paper.issuer.structure or paper.issuer.association,
            dated=paper.dated,
        )
        draw_reminder(canvas, paper, text)
        canvas.save()
    return target.getvalue()


def draw_reminder(canvas: Canvas, paper: ReminderPaper, text: ReminderText) -> int:
    """Draw the letter on new pages of the canvas, which many papers may share; the number of its pages.

    Who brings a canvas holds ``typography.rendering()`` from its first paper until it is saved.
    """
    with rendering():
        head = _head(paper)
        flow = Flow(head.facts_bottom + SUBJECT_GAP, NEXT_TOP)
        _flow(flow, paper, text)
        for index, page in enumerate(flow.pages):
            if index == 0:
                head.draw(canvas)
            else:
                draw_next_head(canvas, paper.issuer, paper.name, TITLES[paper.level], french.long_date(paper.dated))
            for top, draw in page:
                draw(canvas, top)
            layout.draw_footer(canvas, paper.issuer, index + 1, len(flow.pages))
            canvas.showPage()
        return len(flow.pages)


def _head(paper: ReminderPaper) -> Head:
    return head_of(
        paper.issuer,
        TITLES[paper.level].upper(),
        "",
        role="Client",
        name=paper.name,
        address=paper.address.lines,
        facts=[
            ("Référence", paper.code),
            ("Date", french.long_date(paper.dated)),
            ("À régler au plus tard le", french.long_date(paper.pay_by)),
        ],
    )


def _flow(flow: Flow, paper: ReminderPaper, text: ReminderText) -> None:
    """The letter in its order: subject, the clerk's text with the table at its place, what the law and Facteur add."""
    notes = reminder_notes(paper, Medium.LETTER)
    flow.write(_wrap(f"Objet : {text.subject}", SUBJECT), SUBJECT)
    _write(flow, text.before)
    _flow_table(flow, paper)
    _flow_notes(flow, notes)
    _write(flow, text.after)


def _write(flow: Flow, paragraphs: Paragraphs) -> None:
    for paragraph in paragraphs:
        flow.write([piece for line in paragraph for piece in _wrap(line, TEXT)], TEXT, gap=PARAGRAPH_GAP)


def _wrap(text: str, style: Style) -> list[str]:
    """Wrap a text so that no line begins with one of the signs that French parts from the word before it."""
    return style.wrap(_PARTED_SIGN.sub("\N{NO-BREAK SPACE}", text), ROOM)


def _flow_table(flow: Flow, paper: ReminderPaper) -> None:
    columns = columns_of(paper)
    rows = rows_of(paper, columns)
    deadline = ("À régler", f"au plus tard le {french.long_date(paper.pay_by)}")
    end = ending.Ending((), ("Total à régler", paper.total_due), ending.payment(paper.issuer, deadline, paper.code))
    flow.skip(TABLE_GAP)
    fits = sum(row.height for row in rows) + table.HEADER_HEIGHT + end.height <= flow.room
    few = sum(row.height for row in rows[:2]) + table.HEADER_HEIGHT + table.CARRY_HEIGHT
    if not fits and (len(rows) <= 2 or few > flow.room):
        flow.turn()
    pages = table.paginate(
        rows,
        first_room=flow.room - table.HEADER_HEIGHT,
        next_room=flow.next_room - table.HEADER_HEIGHT,
        ending=end.height,
    )
    for index, page in enumerate(pages):
        if index:
            flow.turn()
        draw = partial(table.draw_table, columns=columns, page=page, brought="Report", carried="À reporter")
        flow.place(table.height(page), draw)
    flow.place(end.height, end.draw)


def _flow_notes(flow: Flow, notes: ReminderNotes) -> None:
    if notes.notice:
        lines = _wrap(notes.notice, NOTICE)
        height = len(lines) * NOTICE.leading + 2 * NOTICE_PADDING

        def draw(canvas: Canvas, top: float) -> None:
            draw_box(canvas, LEFT, top, RIGHT, top + height, TINT)
            draw_lines(canvas, LEFT + INSET, top + NOTICE_PADDING + NOTICE.size, lines, NOTICE)

        flow.place(height, draw, gap=2 * PARAGRAPH_GAP)
    flow.write(_wrap(notes.terms, TERMS), TERMS, gap=2 * PARAGRAPH_GAP)
    flow.write(_wrap(notes.closing, TERMS), TERMS, gap=PARAGRAPH_GAP / 2)
