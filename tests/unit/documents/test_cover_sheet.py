"""The cover sheet names every document of the file, and the page on which it lies."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import combinations

import pytest
from pypdf import PdfReader

from tasks.documents.cover_sheet import Entry, Heading, cover_sheet_pdf, padded
from tasks.documents.invoice_pdf import draw_invoice
from tasks.documents.layout import LEFT, mm
from tasks.documents.print_file import Sheet, write_print_file
from tests.unit.documents.papers import LINES, invoice, rows, runs, words

HEADING = Heading("Factures de septembre 2024", datetime(2024, 11, 5, 9, 12))  # noqa: DTZ001  local time, as printed
LONG = "DE LA ROCHEFOUCAULD-MONTMORENCY D'AUBIGNÉ Marie-Antoinette Éléonore Charlotte"


def entries(structures: int, each: int, *, name: str = "MAILLY Josiane", pages: int = 1) -> list[Entry]:
    return [
        Entry(f"EHPAD n° {structure:02} (S{structure:02})", name, f"F-{structure:02}-{number:03}", pages)
        for structure in range(structures)
        for number in range(each)
    ]


CASES = [
    pytest.param(entries(1, 1), id="one document"),
    pytest.param(entries(3, 12), id="three structures"),
    pytest.param(entries(1, 200), id="a long list"),
    pytest.param(entries(60, 3), id="sixty structures"),
    pytest.param(entries(2, 40, name=LONG, pages=3), id="long names and several pages"),
]


@pytest.mark.parametrize("found", CASES)
def test_every_document_is_listed_once_with_its_pages(found: list[Entry]) -> None:
    """Each begins on a front page, after the cover sheet itself and all that comes before it."""
    pdf = cover_sheet_pdf(HEADING, found)
    pages = runs(pdf)
    first = padded(len(pages)) + 1
    listed = {row[1]: row[2] for page in pages for row in rows(page) if len(row) == 3 and row[1].startswith("F-")}
    expected = {}
    for entry in found:
        assert first % 2 == 1
        expected[entry.number] = str(first) if entry.pages == 1 else f"{first} à {first + entry.pages - 1}"
        first += padded(entry.pages)
    assert listed == expected
    assert words(pdf).count("F-") == len(found)
    assert f"{first - 1} pages, soit {(first - 1) // 2} feuilles" in words(pdf)


@pytest.mark.parametrize("found", CASES)
def test_nothing_of_the_cover_lies_over_something_else_or_off_the_page(found: list[Entry]) -> None:
    """However many names there are, and however long."""
    for page in runs(cover_sheet_pdf(HEADING, found)):
        assert [pair for pair in combinations(page, 2) if pair[0].overlaps(pair[1])] == []
        for run in page:
            assert run.left >= LEFT / mm - 0.01
            assert run.right <= 190.01
            assert 15 < run.top < run.bottom < 292


def test_the_cover_counts_documents_and_pages_of_each_structure() -> None:
    """The counts are those of the list, and the head says what the file is and when it was made."""
    found = [Entry("A", "X", "F-1", 1), Entry("A", "Y", "F-2", 3), Entry("B", "Z", "F-3", 2)]
    (page,) = runs(cover_sheet_pdf(HEADING, found))
    table = rows(page)
    assert ["A", "2", "4"] in table
    assert ["B", "1", "2"] in table
    assert ["Factures de septembre 2024"] in table
    assert ["Édité le 05/11/2024 à 09:12"] in table


def test_the_pages_of_the_file_are_those_that_the_cover_names() -> None:
    """Drawn documents of one and several pages and a cover of several pages, read back page by page."""
    sheets = [
        Sheet(
            "Les Tilleuls (TIL)",
            "MAILLY Josiane",
            f"F-{number:03}",
            partial(draw_invoice, paper=invoice(LINES * (1 + number % 9), number=f"F-{number:03}")),
        )
        for number in range(60)
    ]
    target = BytesIO()
    total = write_print_file(target, HEADING, sheets, read=lambda key: b"")
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(target).pages]
    cover = sum("Page de garde" in page for page in pages)
    assert cover > 1
    listed = {
        row[1]: row[2]
        for page in runs(target.getvalue())[:cover]
        for row in rows(page)
        if len(row) == 3 and row[1].startswith("F-")
    }
    assert len(listed) == 60
    named = set(range(cover))
    for number, span in listed.items():
        first, _, last = span.partition(" à ")
        assert int(first) % 2 == 1
        for page in range(int(first) - 1, int(last or first)):
            assert number in pages[page]
            named.add(page)
    assert total == len(pages)
    assert total % 2 == 0
    assert all(pages[page] == "" for page in set(range(total)) - named)
