"""One PDF of many documents, ready for a duplex printer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pikepdf
from reportlab.pdfgen.canvas import Canvas

from tasks.documents import layout
from tasks.documents.cover_sheet import Entry, Heading, cover_sheet_pdf
from tasks.documents.layout import PAGE_SIZE
from tasks.documents.typography import rendering

# Draws one document on a canvas, from a front page on, and returns how many pages it took.
Drawing = Callable[[Canvas], int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document to print: a drawing, or an imported PDF, named by its key."""

    structure: str
    name: str
    number: str
    content: Drawing | str


def write_print_file(
    target: BinaryIO, heading: Heading, sheets: Sequence[Sheet], *, read: Callable[[str], bytes]
) -> int:
    """Write the cover sheet and the documents in their order, each from a front page on; the number of pages.

    The same documents give the same pages. What is drawn shares one canvas, and so its fonts. ``read`` gives an
    imported PDF by its key, as ``plain_copy`` made it. It is asked twice for each: they are not all open at once.
    """
    drawn, counts = _draw([sheet.content for sheet in sheets if not isinstance(sheet.content, str)], heading)
    lengths = iter(counts)
    entries = []
    for sheet in sheets:
        pages = _length(read(sheet.content)) if isinstance(sheet.content, str) else next(lengths)
        entries.append(Entry(sheet.structure, sheet.name, sheet.number, pages))
    begin = 0
    with pikepdf.open(drawn) as own, pikepdf.open(BytesIO(cover_sheet_pdf(heading, entries))) as whole:
        _pad(whole)
        for sheet, entry in zip(sheets, entries, strict=True):
            if isinstance(sheet.content, str):
                with pikepdf.open(BytesIO(read(sheet.content))) as imported:
                    whole.pages.extend(imported.pages)
            else:
                whole.pages.extend(own.pages[begin : begin + entry.pages])
                begin += entry.pages
            _pad(whole)
        whole.save(target, deterministic_id=True, stream_decode_level=pikepdf.StreamDecodeLevel.none)
        return len(whole.pages)


def plain_copy(content: bytes) -> bytes:
    """A PDF that others made, written anew without compressed tables of objects, its pages' streams left as they are.

    To open the copy unfolds nothing. MemoryError for one that takes more than this process may, PdfError for no PDF.
    """
    copy = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        pdf.save(
            copy,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
        )
        if any("bad_alloc" in str(warning) for warning in pdf.get_warnings()):
            raise MemoryError
    return copy.getvalue()


def _draw(drawings: Sequence[Drawing], heading: Heading) -> tuple[BytesIO, list[int]]:
    """The drawn documents one after another, and how many pages each has; without any, one blank page."""
    file = BytesIO()
    with rendering():
        title, dated = heading.subject, heading.made_at.date()
        canvas = layout.new_canvas(file, title=title, author="Facteur", dated=dated)
        counts = [draw(canvas) for draw in drawings]
        canvas.save()
    file.seek(0)
    return file, counts


def _length(content: bytes) -> int:
    with pikepdf.open(BytesIO(content)) as pdf:
        return len(pdf.pages)


def _pad(pdf: pikepdf.Pdf) -> None:
    if len(pdf.pages) % 2:
        pdf.add_blank_page(page_size=PAGE_SIZE)
