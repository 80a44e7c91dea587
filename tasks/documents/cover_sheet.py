"""The cover sheet of a file to print: what the file holds, and on which page each document begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import groupby

from reportlab.pdfgen.canvas import Canvas

from tasks.documents import layout
from tasks.documents.layout import BODY, BODY_BOTTOM, CAPTION, HEADING, INSET, LEFT, RIGHT, TITLE, TOP, Align, mm
from tasks.documents.table import HEADER_HEIGHT, Column, Page, Row, draw_table, rows_of
from tasks.documents.typography import rendering

COUNT_ROOM = 30 * mm
NUMBER_LEFT, NUMBER_ROOM = 115 * mm, 45 * mm
TITLE_BOTTOM = TOP + TITLE.leading + 3 * BODY.leading
NEXT_TOP = TOP + CAPTION.leading + 4 * mm
BLOCK_GAP = 6 * mm
HEADING_HEIGHT = HEADING.leading + 2 * mm

COUNTS = (
    Column("Structure", LEFT + INSET, RIGHT - LEFT - 2 * COUNT_ROOM - 3 * INSET),
    Column("Documents", RIGHT - INSET - COUNT_ROOM, COUNT_ROOM, Align.RIGHT),
    Column("Pages", RIGHT - INSET, COUNT_ROOM, Align.RIGHT),
)
NAMES = (
    Column("Nom", LEFT + INSET, NUMBER_LEFT - LEFT - 2 * INSET),
    Column("Numéro", NUMBER_LEFT, NUMBER_ROOM),
    Column("Pages du fichier", RIGHT - INSET, COUNT_ROOM, Align.RIGHT),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What the file is: "Factures de septembre 2024", and when it was made, in local time."""

    subject: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the file; entries of one structure follow each other. ``pages`` counts no blank page."""

    structure: str
    name: str
    number: str
    pages: int


def padded(pages: int) -> int:
    """The pages a document takes when the next one has to begin on a front page."""
    return pages + pages % 2


def cover_sheet_pdf(heading: Heading, entries: Sequence[Entry]) -> bytes:
    """The cover sheet as a file; the pages it names count from its own first page, itself padded for duplex."""
    target = BytesIO()
    with rendering():
        before = padded(len(_paginate(entries, 0)))
        pages = _paginate(entries, before)
        dated = heading.made_at.date()
        canvas = layout.new_canvas(target, title=f"Courriers : {heading.subject}", author="Facteur", dated=dated)
        total = before + sum(padded(entry.pages) for entry in entries)
        for number, blocks in enumerate(pages, start=1):
            _draw_head(canvas, heading, len(entries), total) if number == 1 else _draw_next_head(canvas, heading)
            for block in blocks:
                block.draw(canvas)
            x, y, text = RIGHT, 283 * mm, f"Page de garde {number}/{len(pages)}"
            layout.draw_text(canvas, x, y, text, CAPTION, align=Align.RIGHT)
            canvas.showPage()
        canvas.save()
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class _Block:
    """A table, or the part of it that a page has room for, from ``top`` on."""

    top: float
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def draw(self, canvas: Canvas) -> None:
        layout.draw_text(canvas, LEFT, self.top + HEADING.size, self.title, HEADING, room=RIGHT - LEFT)
        draw_table(canvas, self.top + HEADING_HEIGHT, self.columns, Page(self.rows, None, None), brought="", carried="")


def _paginate(entries: Sequence[Entry], before: int) -> list[list[_Block]]:
    """The tables shared out to pages; a table that goes on bears its title again, a title never stands alone."""
    pages: list[list[_Block]] = [[]]
    y = TITLE_BOTTOM + BLOCK_GAP
    for name, columns, rows in _tables(entries, before):
        title = name
        while rows:
            room = BODY_BOTTOM - y - HEADING_HEIGHT - HEADER_HEIGHT
            taken = _that_fit(rows, room)
            if taken == 0:
                pages.append([])
                y = NEXT_TOP
                continue
            pages[-1].append(_Block(y, title, columns, tuple(rows[:taken])))
            y += HEADING_HEIGHT + HEADER_HEIGHT + sum(row.height for row in rows[:taken]) + BLOCK_GAP
            rows = rows[taken:]
            title = f"{name} (suite)"
    return pages


def _that_fit(rows: Sequence[Row], room: float) -> int:
    for count, row in enumerate(rows):
        room -= row.height
        if room < 0:
            return count
    return len(rows)


def _tables(entries: Sequence[Entry], before: int) -> Iterator[tuple[str, tuple[Column, ...], list[Row]]]:
    counts: list[Row] = []
    tables: list[tuple[str, tuple[Column, ...], list[Row]]] = []
    first = before + 1
    for structure, group in groupby(entries, key=lambda entry: entry.structure):
        found = list(group)
        rows: list[Row] = []
        for entry in found:
            last = first + entry.pages - 1
            span = f"{first}" if entry.pages == 1 else f"{first} à {last}"
            rows += rows_of(entry.name, (entry.number, span), Decimal(0), NAMES[0].room)
            first += padded(entry.pages)
        pages = sum(entry.pages for entry in found)
        counts += rows_of(structure, (str(len(found)), str(pages)), Decimal(0), COUNTS[0].room)
        tables.append((structure, NAMES, rows))
    yield "Par structure", COUNTS, counts
    yield from tables


def _draw_head(canvas: Canvas, heading: Heading, documents: int, pages: int) -> None:
    layout.draw_text(canvas, LEFT, TOP + TITLE.size, "Courriers à imprimer", TITLE)
    made = f"Édité le {heading.made_at:%d/%m/%Y} à {heading.made_at:%H:%M}"
    noun = "documents" if documents > 1 else "document"
    holds = f"{documents} {noun} ; avec cette page de garde, {pages} pages, soit {pages // 2} feuilles en recto verso"
    y = TOP + TITLE.leading + BODY.leading
    layout.draw_lines(canvas, LEFT, y, (heading.subject, made, holds), BODY)


def _draw_next_head(canvas: Canvas, heading: Heading) -> None:
    text = f"Courriers à imprimer · {heading.subject} · {heading.made_at:%d/%m/%Y à %H:%M}"
    layout.draw_text(canvas, LEFT, TOP + CAPTION.size, text, CAPTION, room=RIGHT - LEFT)
