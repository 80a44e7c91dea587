"""The letter says what the reminder says, where an envelope and a reader expect it, and nothing that is not owed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from models.values.paper import Issuer
from models.values.people import PostalAddress
from models.values.reminder_paper import ReminderPaper
from tasks.documents import french, layout
from tasks.documents.cover_sheet import Heading
from tasks.documents.invoice_pdf import draw_invoice
from tasks.documents.layout import BODY_BOTTOM, INSET, LEFT, RIGHT, mm
from tasks.documents.print_file import Drawing, Sheet, write_print_file
from tasks.documents.reminder_pdf import draw_reminder, reminder_pdf
from tasks.documents.reminder_wording import reminder_text
from tasks.documents.typography import rendering
from tests.unit.documents.papers import ISSUER, Run, invoice, plain, rows, runs, words
from tests.unit.documents.reminder_papers import LARGEST, mixed, overdue, reminder

AMOUNTS_RIGHT = (RIGHT - INSET) / mm
SMALLEST = 7.4 / mm  # of what is not an immense address in the window, or an immense number in a table

LONG_NAME = "Société coopérative d'intérêt collectif DE LA ROCHEFOUCAULD-MONTMORENCY et D'AUBIGNÉ réunies du Loiret"
LONG_ADDRESS = PostalAddress(
    "Bâtiment C, escalier 4, appartement 1203, boîte aux lettres 77\n"
    "Zone d'activités de la Grande Prairie Saint-Aignan-des-Gués\nLieu-dit Les Quatre Vents\nBP 90123",
    "45100",
    "Saint-Hilaire-Saint-Mesmin-les-Eaux CEDEX 9",
)
TALL_ADDRESS = PostalAddress("\n".join(f"{number} rue des Lilas" for number in range(1, 11)), "45000", "Orléans")
LONG_NUMBER = "FACTURE-2024/EHPAD-LES-TILLEULS/CLIENTS-EXTERIEURS/0000123456"
LONG_TEXT = "\n\n".join(f"Paragraphe {number} : " + "il reste une somme à payer. " * 12 for number in range(30))

PAPERS = [
    pytest.param(reminder(), id="one-invoice"),
    pytest.param(reminder(lines=overdue(12), level=2), id="twelve-invoices"),
    pytest.param(reminder(lines=overdue(60, level=3), level=3), id="sixty-invoices"),
    pytest.param(reminder(lines=mixed(12), level=3), id="levels-that-differ"),
    pytest.param(
        reminder(lines=overdue(60, total_incl_tax=LARGEST, balance=LARGEST, days_overdue=3650)), id="largest-amounts"
    ),
    pytest.param(
        reminder(lines=tuple(replace(line, total_incl_tax=LARGEST, balance=LARGEST) for line in mixed(12)), level=3),
        id="largest-amounts-and-levels",
    ),
    pytest.param(reminder(name=LONG_NAME, address=LONG_ADDRESS, level=3), id="long-name"),
    pytest.param(reminder(address=TALL_ADDRESS), id="tall-address"),
    pytest.param(reminder(lines=overdue(12, number=LONG_NUMBER), level=2), id="long-numbers"),
    pytest.param(reminder(code="CLIENT-EXTERIEUR-2024-0000123456"), id="long-code"),
    pytest.param(reminder(name="NGUYỄN Thị Hằng", professional=False), id="name-beyond-latin-1"),
    pytest.param(reminder(professional=False, level=3, lines=overdue(3, level=3)), id="consumer"),
    pytest.param(reminder(issuer=Issuer("", "", PostalAddress()), address=PostalAddress(), code=""), id="bare"),
]

WORDINGS = [
    pytest.param("", id="default-text"),
    pytest.param("Bonjour,\n\nMerci de payer.\n\nCordialement", id="without-table"),
    pytest.param(LONG_TEXT + "\n\n&factures\n\n" + LONG_TEXT, id="long-text"),
    pytest.param("mot " * 900 + "&factures" + " mot" * 900, id="long-paragraphs"),
    pytest.param("\n".join(["ligne"] * 38) + "\n\n&factures", id="table-at-the-foot"),
]


def letter(paper: ReminderPaper, body: str = "", subject: str = "") -> bytes:
    return reminder_pdf(paper, reminder_text(subject, body, paper))


def table_of(page: list[Run]) -> list[list[str]]:
    """The rows of the page's table, its header row left out."""
    lines = rows(page)
    top = next((index for index, line in enumerate(lines) if line[0] == "Facture"), None)
    if top is None:
        return []
    bottom = next((index for index, line in enumerate(lines) if index > top and line[-1].startswith("Page ")))
    return [line for line in lines[top + 1 : bottom] if line[-1].endswith("€") and "Total à régler" not in line]


def euros(text: str) -> Decimal:
    return Decimal(text.removesuffix("€").replace(" ", "").replace(",", "."))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_invoice_stands_on_the_letter_with_its_numbers(paper: ReminderPaper) -> None:
    """Dates, days late, amount, paid and balance, each in its row; the level only where levels differ."""
    printed = [row for page in runs(letter(paper)) for row in table_of(page)]
    found = [row for row in printed if row[0] not in {"Report", "À reporter"}]
    expected = []
    for line in paper.lines:
        level = [str(line.level)] if paper.several_levels else []
        amounts = [french.amount(euro) for euro in (line.total_incl_tax, line.paid, line.balance)]
        dates = [f"{line.issued_on:%d/%m/%Y}", f"{line.due_on:%d/%m/%Y}"]
        expected.append([plain(cell) for cell in (*dates, f"{line.days_overdue} j", *level, *amounts)])
    assert [row[1:] for row in found] == expected
    for row, line in zip(found, paper.lines, strict=True):
        assert line.number.startswith(row[0])


@pytest.mark.parametrize("paper", PAPERS)
def test_every_fact_stands_on_the_letter(paper: ReminderPaper) -> None:
    """Who writes, to whom, when, how much, until when, how to pay; the total is that of the balances."""
    said = words(letter(paper))
    issuer = paper.issuer
    facts = [
        issuer.structure,
        issuer.association,
        *issuer.address.lines,
        issuer.email,
        french.siret(issuer.siret),
        french.iban(issuer.iban),
        issuer.bic,
        paper.name,
        *paper.address.lines,
        paper.code,
        french.long_date(paper.dated),
        f"au plus tard le {french.long_date(paper.pay_by)}",
        french.amount(sum((line.balance for line in paper.lines), Decimal(0))),
        "Si votre règlement s'est croisé avec ce courrier",
        "Objet : ",
    ]
    assert [fact for fact in facts if plain(fact) not in said] == []
    assert "\N{REPLACEMENT CHARACTER}" not in said


@pytest.mark.parametrize(
    ("level", "title"), [pytest.param(1, "RELANCE N° 1", id="1"), pytest.param(2, "RELANCE N° 2", id="2")]
)
@pytest.mark.parametrize("professional", [True, False])
def test_a_reminder_is_no_formal_notice(level: int, title: str, professional: bool) -> None:
    """The first two levels bear their number, and threaten nobody with a court."""
    said = words(letter(reminder(level=level, professional=professional)))
    assert title in said
    assert f"Objet : Relance n° {level}" in said
    assert "MISE EN DEMEURE" not in said
    assert "1344" not in said
    assert "justice" not in said
    assert "injonction" not in said


@pytest.mark.parametrize("body", ["", "Payez."])
@pytest.mark.parametrize(
    ("professional", "consequence"),
    [
        pytest.param(
            True, "nous engagerons sans autre avis le recouvrement de cette somme par voie de justice", id="pro"
        ),
        pytest.param(
            False, "nous pourrons demander sans autre avis au tribunal une injonction de payer", id="consumer"
        ),
    ],
)
def test_a_formal_notice_says_so_until_when_and_what_follows(professional: bool, consequence: str, body: str) -> None:
    """Whatever the clerk wrote."""
    said = words(letter(reminder(level=3, professional=professional), body))
    assert said.count("MISE EN DEMEURE") >= 2
    assert "La présente vaut MISE EN DEMEURE de payer la somme de 70,50 € au plus tard le 1er décembre 2024" in said
    assert consequence in said


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_penalties_of_the_code_de_commerce_are_a_professionals_alone(level: int) -> None:
    """A professional reads them at every level, a consumer reads not a word of them."""
    professional = words(letter(reminder(level=level)))
    consumer = words(letter(reminder(level=level, professional=False)))
    for term in ("L441-10", "D441-5", "pénalités de retard", "indemnité forfaitaire de 40 €"):
        assert term in professional
    for term in ("L441", "D441", "Code de commerce", "énalité", "forfait", "40 €", "majoré", "indemnité"):
        assert term not in consumer
    assert "nous chercherons une solution avec vous" in consumer


def test_the_table_stands_where_the_clerk_put_it() -> None:
    """What he wrote before and after it is read before and after it; without a place, it follows."""
    said = words(letter(reminder(), "Avant le tableau.\n\n&factures\n\nAprès le tableau."))
    places = [said.index(part) for part in ("Avant le tableau.", "04/10/2024", "Total à régler", "Après le tableau.")]
    assert places == sorted(places)
    said = words(letter(reminder(), "Avant le tableau."))
    assert said.index("Avant le tableau.") < said.index("04/10/2024")


def test_bank_details_need_an_iban() -> None:
    """A structure without one asks for the payment, and names no account."""
    said = words(letter(reminder(issuer=replace(ISSUER, iban="", bic=""))))
    assert "IBAN" not in said
    assert "Bénéficiaire" not in said
    assert "au plus tard le 1er décembre 2024" in said


@pytest.mark.parametrize(
    ("count", "pages"), [pytest.param(1, 1, id="1"), pytest.param(12, 2, id="12"), pytest.param(60, 3, id="60")]
)
def test_pages_are_counted_and_numbered(count: int, pages: int) -> None:
    """Every page says which of how many it is, and which letter it belongs to."""
    found = runs(letter(reminder(lines=overdue(count))))
    assert len(found) == pages
    for number, page in enumerate(found, start=1):
        texts = [run.text for run in page]
        assert f"Page {number}/{pages}" in texts
        assert "Boulangerie Martin & Fils" in texts
        assert any(text.casefold() == "relance n° 1" for text in texts)


@pytest.mark.parametrize("body", WORDINGS)
@pytest.mark.parametrize("count", [pytest.param(count, id=f"{count}-invoices") for count in (1, 2, 12, 23, 60)])
def test_carried_totals_add_up(count: int, body: str) -> None:
    """A page begins with what the one before carried, and carries that and its own rows; the last is the total."""
    paper = reminder(lines=overdue(count))
    tables = [found for page in runs(letter(paper, body)) if (found := table_of(page))]
    carried: Decimal | None = None
    for table in tables:
        if carried is None:
            assert table[0][0] != "Report"
        else:
            assert table[0] == ["Report", plain(french.amount(carried))]
        lines = [row for row in table if row[0] not in {"Report", "À reporter"}]
        assert lines, "a page without an invoice"
        carried = (carried or Decimal(0)) + sum((euros(row[-1]) for row in lines), Decimal(0))
        if table is tables[-1]:
            assert "À reporter" not in {row[0] for row in table}
        else:
            assert table[-1] == ["À reporter", plain(french.amount(carried))]
    assert carried == paper.total_due


@pytest.mark.parametrize("count", [1, 2])
def test_a_short_table_is_not_parted_from_its_total(count: int) -> None:
    """However far down the page the clerk's text reaches."""
    paper = reminder(lines=overdue(count))
    for written in range(15, 45):
        body = "\n".join(["ligne"] * written) + "\n\n&factures"
        (page,) = (page for page in runs(letter(paper, body)) if "Total à régler" in [run.text for run in page])
        assert [row[0] for row in table_of(page)] == [line.number for line in paper.lines]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_window_of_the_envelope_shows_the_address_and_nothing_else(paper: ReminderPaper) -> None:
    """DL, window on the right: 110 to 200 mm from the left, 45 to 80 mm from the top."""
    page = runs(letter(paper))[0]
    shown = [run for run in page if run.right > 110 and run.bottom > 45 and run.top < 80]
    assert " ".join(run.text for run in shown) == plain(" ".join((paper.name, *paper.address.lines)))
    for run in shown:
        assert run.left >= 110
        assert run.right <= 200
        assert run.top >= 45
        assert run.bottom <= 80


@pytest.mark.parametrize("body", WORDINGS)
@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_is_drawn_over_something_else_or_off_the_page(paper: ReminderPaper, body: str) -> None:
    """No two texts overlap, all are readable and lie between the margins, the text ends above the footer."""
    for page in runs(letter(paper, body)):
        for run in page:
            assert run.left >= LEFT / mm - 0.01
            assert run.right <= (RIGHT / mm + 0.01 if run.y > 80 else 200)
            assert run.top > 15
            assert run.bottom < 292
            assert run.bottom <= BODY_BOTTOM / mm or run.y > 282.9
            assert run.size >= SMALLEST or run.y < 80
        assert [pair for pair in combinations(page, 2) if pair[0].overlaps(pair[1])] == []
        amounts = [row[-1] for row in table_of(page)]
        balances = [run.right for run in page if run.text in amounts and run.right > 180]
        assert len(balances) >= len(amounts)
        assert all(right == pytest.approx(AMOUNTS_RIGHT, abs=0.01) for right in balances)


@pytest.mark.parametrize("body", WORDINGS)
def test_no_line_of_the_text_is_lost(body: str) -> None:
    """However many pages it takes."""
    paper = reminder(lines=overdue(12))
    text = reminder_text("", body, paper)
    said = words(letter(paper, body))
    for paragraph in text.before + text.after:
        first, last = plain(" ".join(paragraph)).split(" ")[0], plain(" ".join(paragraph)).split(" ")[-1]
        assert first in said
        assert last in said
    if "mot" in body:
        assert said.count("mot") == 1800
    if "ligne" in body:
        assert said.count("ligne") == 38
    if "Paragraphe" in body:
        assert said.count("il reste une somme à payer.") + said.count("il reste une somme à") >= 720
        assert [said.count(f"Paragraphe {number} :") for number in range(30)] == [2] * 30


@settings(max_examples=40, deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_wording_makes_a_letter(subject: str, body: str, name: str) -> None:
    """It raises on nothing that can be typed or imported."""
    assert letter(reminder(name=name), body, subject).startswith(b"%PDF")


def test_what_the_file_tells_about_itself() -> None:
    """Title, author, language and date are those of the letter; the title names no person."""
    reader = PdfReader(BytesIO(letter(reminder(level=3))))
    assert reader.metadata is not None
    assert reader.metadata.title == "Mise en demeure C0001"
    assert reader.metadata.author == "Résidence Les Tilleuls"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2024, 11, 15)
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"


def test_letters_share_a_canvas() -> None:
    """A print batch is drawn on one canvas: same pages, same texts as the letters on their own."""
    papers = [reminder(code=f"C{number}", lines=overdue(1 + 13 * number)) for number in range(5)]
    target = BytesIO()
    with rendering():
        canvas = layout.new_canvas(target, title="Lot", author="", dated=date(2024, 11, 15))
        counts = [draw_reminder(canvas, paper, reminder_text("", "", paper)) for paper in papers]
        canvas.save()
    alone = [runs(letter(paper)) for paper in papers]
    assert counts == [len(pages) for pages in alone]
    assert runs(target.getvalue()) == [page for pages in alone for page in pages]


def drawn(paper: ReminderPaper) -> Drawing:
    return partial(draw_reminder, paper=paper, text=reminder_text("", "", paper))


def test_letters_and_invoices_are_printed_in_one_file() -> None:
    """Each from a front page on, in their order, on the pages that the cover names."""
    first, last = reminder(lines=overdue(30)), reminder(code="C0002", level=3)
    sheets = [
        Sheet(
            "Tilleuls", first.name, first.code, partial(draw_reminder, paper=first, text=reminder_text("", "", first))
        ),
        Sheet("Tilleuls", "MAILLY Josiane", "F2024-0912", partial(draw_invoice, paper=invoice())),
        Sheet("Tilleuls", last.name, last.code, partial(draw_reminder, paper=last, text=reminder_text("", "", last))),
    ]
    target = BytesIO()
    heading = Heading("Relances", datetime(2024, 11, 15, 9, 0))  # noqa: DTZ001  local time, as printed
    total = write_print_file(target, heading, sheets, read=lambda key: b"")
    cover, *pages = (" ".join(run.text for run in page) for page in runs(target.getvalue()))
    assert total == 8
    assert ["RELANCE N° 1" in page for page in pages] == [False, True] + [False] * 5
    assert ["FACTURE" in page for page in pages] == [False] * 3 + [True] + [False] * 3
    assert ["MISE EN DEMEURE" in page for page in pages] == [False] * 5 + [True, False]
    assert "C0001 3 à 4 MAILLY Josiane F2024-0912 5 Boulangerie Martin & Fils C0002 7" in cover


def test_threads_draw_the_bytes_that_one_thread_draws() -> None:
    """The same paper gives the same bytes, whoever draws beside it."""
    papers = [reminder(code=f"C{number:03}", lines=overdue(1 + number % 30)) for number in range(60)]
    draw: Callable[[ReminderPaper], bytes] = letter
    with ThreadPoolExecutor(max_workers=8) as threads:
        drawn = list(threads.map(draw, papers))
    assert [pdf == draw(paper) for pdf, paper in zip(drawn, papers, strict=True)] == [True] * len(papers)
    assert len(set(drawn)) == len(papers)
