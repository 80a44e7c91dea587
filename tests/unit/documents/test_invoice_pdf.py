"""What an invoice's PDF says is what the paper says, where an envelope and an accountant expect it."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import combinations

import pytest
from pypdf import PdfReader

from models.values.paper import InvoicePaper, Issuer, Line
from models.values.people import PostalAddress
from tasks.documents import french, layout
from tasks.documents.invoice_pdf import draw_invoice, invoice_pdf
from tasks.documents.layout import INSET, LEFT, RIGHT, mm
from tasks.documents.typography import rendering
from tests.unit.documents.papers import LINES, Run, invoice, plain, rows, runs, words

AMOUNTS_RIGHT = (RIGHT - INSET) / mm
SMALLEST = 7.4 / mm  # of what is not an immense address in the window

LONG_NAME = "DE LA ROCHEFOUCAULD-MONTMORENCY D'AUBIGNÉ Marie-Antoinette Éléonore Charlotte"
LONG_ADDRESS = PostalAddress(
    "Bâtiment C, escalier 4, appartement 1203, boîte aux lettres 77\n"
    "Zone d'activités de la Grande Prairie Saint-Aignan-des-Gués\nLieu-dit Les Quatre Vents\nBP 90123",
    "45100",
    "Saint-Hilaire-Saint-Mesmin-les-Eaux CEDEX 9",
)
LONG_GUARDIAN = (
    "Union départementale des associations familiales du Loiret, service de protection juridique des majeurs, "
    "Mme VAN DER WEYDEN-BEAUHARNAIS Anne-Sophie"
)
TALL_ADDRESS = PostalAddress("\n".join(f"{number} rue des Lilas" for number in range(1, 11)), "45000", "Orléans")
LONG_LABEL = "Hébergement selon le contrat de séjour et son avenant numéro 4 du 12 janvier 2024, " * 3

PAPERS = [
    pytest.param(invoice(LINES[:1]), id="one-line"),
    pytest.param(invoice(), id="aids-deducted"),
    pytest.param(invoice(LINES * 2), id="fourteen-lines"),
    pytest.param(invoice(LINES * 9), id="sixty-three-lines"),
    pytest.param(invoice(balance=Decimal("574.23")), id="partly-paid"),
    pytest.param(invoice(vat=Decimal("214.85"), total_incl_tax=Decimal("1289.08")), id="with-vat"),
    pytest.param(invoice(care_of=""), id="no-guardian"),
    pytest.param(invoice(period=None, due_on=None, care_of="", name="Dupont & Fils <SARL>"), id="client"),
    pytest.param(invoice(name=LONG_NAME, care_of=LONG_GUARDIAN, address=LONG_ADDRESS), id="long-names"),
    pytest.param(invoice(address=TALL_ADDRESS), id="tall-address"),
    pytest.param(invoice(tuple(replace(line, label=LONG_LABEL) for line in LINES)), id="long-labels"),
    pytest.param(invoice(name="NGUYỄN Thị Hằng", care_of="ŠŤASTNÝ Łukasz"), id="names-beyond-latin-1"),
    pytest.param(invoice(issuer=Issuer("", "", PostalAddress()), address=PostalAddress()), id="nothing-optional"),
    pytest.param(
        invoice((Line("Loyer", Decimal("12345678.90"), Decimal("0.5"), Decimal("24691357.8")),)), id="millions"
    ),
]


def table_of(page: list[Run]) -> list[list[str]]:
    """The rows of the table that end with an amount, its header row left out."""
    lines = rows(page)
    top = next(index for index, line in enumerate(lines) if line[0] == "Désignation")
    bottom = next((index for index, line in enumerate(lines) if "Total HT" in line), len(lines))
    return [line for line in lines[top + 1 : bottom] if line[-1].endswith("€")]


def euros(text: str) -> Decimal:
    return Decimal(text.removesuffix("€").replace(" ", "").replace(",", "."))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_line_stands_on_the_paper_with_its_numbers(paper: InvoicePaper) -> None:
    """Nothing of a line is lost, changed or given to another line, over all pages."""
    printed = [row for page in runs(invoice_pdf(paper)) for row in table_of(page)]
    printed = [row for row in printed if row[0] not in {"Report", "À reporter"}]
    expected = []
    for line in paper.lines:
        cells = [french.amount(line.amount)]
        if line.unit_price is not None and line.quantity is not None:
            cells = [french.quantity(line.quantity), french.unit_price(line.unit_price), *cells]
        expected.append([plain(cell) for cell in cells])
    assert [row[1:] for row in printed] == expected
    for row, line in zip(printed, paper.lines, strict=True):
        assert plain(line.label).startswith(row[0])


@pytest.mark.parametrize("paper", PAPERS)
def test_every_fact_stands_on_the_paper(paper: InvoicePaper) -> None:
    """Names, numbers, dates and labels are printed whole, as a reader would copy them."""
    said = words(invoice_pdf(paper))
    issuer = paper.issuer
    facts = [
        *[line.label for line in paper.lines],
        issuer.structure,
        issuer.association,
        *issuer.address.lines,
        issuer.email,
        french.siret(issuer.siret),
        french.finess(issuer.finess),
        french.iban(issuer.iban),
        issuer.bic,
        issuer.vat_mention,
        f"N° {paper.number}",
        paper.name,
        f"s/c {paper.care_of}" if paper.care_of else "",
        *paper.address.lines,
        french.long_date(paper.issued_on),
        french.long_date(paper.due_on) if paper.due_on else "",
        french.period_label(paper.period) if paper.period else "",
    ]
    assert [fact for fact in facts if plain(fact) not in said] == []
    assert "\N{REPLACEMENT CHARACTER}" not in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {},
            [["Total HT", "1 074,23 €"], ["TVA", "0,00 €"], ["Total TTC", "1 074,23 €"], ["Net à payer", "1 074,23 €"]],
            id="nothing-paid",
        ),
        pytest.param(
            {"balance": Decimal("574.23")},
            [
                ["Total HT", "1 074,23 €"],
                ["TVA", "0,00 €"],
                ["Total TTC", "1 074,23 €"],
                ["Déjà réglé", "-500,00 €"],
                ["Net à payer", "574,23 €"],
            ],
            id="partly-paid",
        ),
        pytest.param(
            {"vat": Decimal("214.85"), "total_incl_tax": Decimal("1289.08"), "balance": Decimal("1289.08")},
            [
                ["Total HT", "1 074,23 €"],
                ["TVA", "214,85 €"],
                ["Total TTC", "1 289,08 €"],
                ["Net à payer", "1 289,08 €"],
            ],
            id="vat",
        ),
        pytest.param(
            {"balance": Decimal(0)},
            [
                ["Total HT", "1 074,23 €"],
                ["TVA", "0,00 €"],
                ["Total TTC", "1 074,23 €"],
                ["Déjà réglé", "-1 074,23 €"],
                ["Net à payer", "0,00 €"],
            ],
            id="settled",
        ),
        pytest.param(
            {"balance": Decimal("-25.77")},
            [
                ["Total HT", "1 074,23 €"],
                ["TVA", "0,00 €"],
                ["Total TTC", "1 074,23 €"],
                ["Déjà réglé", "-1 100,00 €"],
                ["En votre faveur", "25,77 €"],
            ],
            id="paid-too-much",
        ),
        pytest.param(
            {"balance": Decimal("1100.00")},
            [
                ["Total HT", "1 074,23 €"],
                ["TVA", "0,00 €"],
                ["Total TTC", "1 074,23 €"],
                ["Solde antérieur", "25,77 €"],
                ["Net à payer", "1 100,00 €"],
            ],
            id="older-debt",
        ),
    ],
)
def test_totals_lead_from_the_lines_to_what_is_to_be_paid(
    changes: dict[str, Decimal], expected: list[list[str]]
) -> None:
    """Each total stands beside its own label, and the last three add up."""
    (page,) = runs(invoice_pdf(invoice(**changes)))
    labels = {label for label, _ in expected}
    found = [row[-2:] for row in rows(page) if len(row) > 1 and row[-2] in labels]
    assert found == expected
    assert set(labels) == labels & {run.text for run in page}


@pytest.mark.parametrize(
    ("balance", "asked"),
    [
        pytest.param(Decimal("0.01"), True, id="a-cent-to-pay"),
        pytest.param(Decimal(0), False, id="settled"),
        pytest.param(Decimal("-10"), False, id="in-favour"),
    ],
)
def test_bank_details_are_printed_where_something_is_to_be_paid(balance: Decimal, asked: bool) -> None:
    """A settled invoice does not invite anybody to pay again."""
    assert ("IBAN" in words(invoice_pdf(invoice(balance=balance)))) is asked


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        pytest.param(LINES[:1], 1, id="1-line"),
        pytest.param(LINES + LINES[:5], 1, id="12-lines"),
        pytest.param(LINES * 4, 2, id="28-lines"),
        pytest.param(LINES * 8 + LINES[:4], 3, id="60-lines"),
        pytest.param((), 1, id="no-line"),
    ],
)
def test_pages_are_counted_and_numbered(lines: tuple[Line, ...], pages: int) -> None:
    """Every page says which of how many it is, and shows the header row and the invoice's number."""
    found = runs(invoice_pdf(invoice(lines)))
    assert len(found) == pages
    for number, page in enumerate(found, start=1):
        texts = [run.text for run in page]
        assert f"Page {number}/{pages}" in texts
        assert "Désignation" in texts
        assert any(text.endswith("F2024-0912") for text in texts)


@pytest.mark.parametrize("count", [pytest.param(count, id=f"{count}-lines") for count in (18, 22, 23, 24, 60, 150)])
def test_carried_totals_add_up(count: int) -> None:
    """A page begins with what the one before carried, and carries that and its own lines; the last is the total."""
    paper = invoice((LINES * 22)[:count])
    carried: Decimal | None = None
    pages = runs(invoice_pdf(paper))
    for page in pages:
        table = table_of(page)
        if carried is None:
            assert table[0][0] != "Report"
        else:
            assert table[0] == ["Report", plain(french.amount(carried))]
        lines = [row for row in table if row[0] not in {"Report", "À reporter"}]
        assert lines, "a page without a line"
        carried = (carried or Decimal(0)) + sum((euros(row[-1]) for row in lines), Decimal(0))
        if page is pages[-1]:
            assert "À reporter" not in {row[0] for row in table}
        else:
            assert table[-1] == ["À reporter", plain(french.amount(carried))]
    assert carried == paper.total_excl_tax


@pytest.mark.parametrize("paper", PAPERS)
def test_the_window_of_the_envelope_shows_the_address_and_nothing_else(paper: InvoicePaper) -> None:
    """DL, window on the right: 110 to 200 mm from the left, 45 to 80 mm from the top."""
    page = runs(invoice_pdf(paper))[0]
    shown = [run for run in page if run.right > 110 and run.bottom > 45 and run.top < 80]
    care_of = f"s/c {paper.care_of}" if paper.care_of else ""
    address = " ".join(part for part in (paper.name, care_of, *paper.address.lines) if part)
    assert " ".join(run.text for run in shown) == plain(address)
    for run in shown:
        assert run.left >= 110
        assert run.right <= 200
        assert run.top >= 45
        assert run.bottom <= 80


@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_is_drawn_over_something_else_or_off_the_page(paper: InvoicePaper) -> None:
    """No two texts overlap, all are readable and lie between the margins, amounts end on one line down the page."""
    for page in runs(invoice_pdf(paper)):
        for run in page:
            assert run.left >= LEFT / mm - 0.01
            assert run.right <= 200
            assert run.top > 15
            assert run.bottom < 292
            assert run.size >= SMALLEST or 45 < run.y < 80
        assert [pair for pair in combinations(page, 2) if pair[0].overlaps(pair[1])] == []
        amounts = [run.right for run in page if run.text.endswith("€") and run.right > 170]
        assert all(right == pytest.approx(AMOUNTS_RIGHT, abs=0.01) for right in amounts)


def test_the_head_is_told_apart_from_the_lines() -> None:
    """A resident is called one, a client too; amounts are called HT only where there is tax to tell them from."""
    resident = words(invoice_pdf(invoice()))
    taxed = invoice(period=None, vat=Decimal("214.85"), total_incl_tax=Decimal("1289.08"), balance=Decimal("1289.08"))
    client = words(invoice_pdf(taxed))
    assert "Résident" in resident
    assert "Montant HT" not in resident
    assert "Client" in client
    assert "Prix unitaire HT Montant HT" in client


def test_an_invoice_without_lines_shows_its_total() -> None:
    """Billing software that exports no lines still gives a paper with one line."""
    paper = invoice((), total_excl_tax=Decimal("812.40"), total_incl_tax=Decimal("812.40"), balance=Decimal("812.40"))
    (page,) = runs(invoice_pdf(paper))
    assert table_of(page) == [["Montant de la facture", "812,40 €"]]


def test_a_character_without_glyph_is_seen() -> None:
    """A reader sees that something could not be printed; it does not vanish."""
    assert "MAILLY \N{REPLACEMENT CHARACTER}osiane" in words(invoice_pdf(invoice(name="MAILLY 漢osiane")))


def test_more_characters_than_one_font_subset_holds() -> None:
    """A PDF font holds 256 characters; the paper goes on with a second one."""
    label = " ".join(chr(code) for code in range(0x00C0, 0x0240))
    assert label in words(invoice_pdf(invoice((Line(label, Decimal(1)),))))


def test_what_the_file_tells_about_itself() -> None:
    """Title, author, language and date are those of the paper; the title names no person."""
    reader = PdfReader(BytesIO(invoice_pdf(invoice())))
    assert reader.metadata is not None
    assert reader.metadata.title == "Facture F2024-0912"
    assert reader.metadata.author == "Résidence Les Tilleuls"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2024, 10, 1)
    catalog = reader.trailer["/Root"]
    assert catalog["/Lang"] == "fr-FR"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_fonts_are_embedded_and_small() -> None:
    """A paper looks the same everywhere, and a thousand of them fit into a mailbox."""
    pdf = invoice_pdf(invoice())
    fonts = PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values()
    embedded = [font.get_object() for font in fonts if "/FontDescriptor" in font.get_object()]
    assert len(embedded) == 2
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)
    assert len(pdf) < 25_000


def test_the_same_paper_gives_the_same_bytes() -> None:
    """Another process, with another hash seed, time zone and order of work, writes the very same file."""
    program = (
        "import hashlib; from tests.unit.documents.papers import invoice, LINES;"
        "from tasks.documents.invoice_pdf import invoice_pdf;"
        "print(hashlib.sha256(invoice_pdf(invoice(LINES * 9))).hexdigest(),"
        " hashlib.sha256(invoice_pdf(invoice())).hexdigest())"
    )
    environment = [
        os.environ | {"PYTHONHASHSEED": seed, "TZ": zone} for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    outputs = {
        subprocess.run([sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True).stdout
        for env in environment
    }
    assert len(outputs) == 1
    assert invoice_pdf(invoice()) == invoice_pdf(invoice())
    assert invoice_pdf(invoice()) != invoice_pdf(invoice(number="F2024-0913"))


def test_papers_share_a_canvas() -> None:
    """A print batch is drawn on one canvas: same pages, same texts as the papers on their own."""
    papers = [invoice(number=f"B{number}", lines=LINES * (1 + number % 4)) for number in range(6)]
    target = BytesIO()
    with rendering():
        canvas = layout.new_canvas(target, title="Lot", author="", dated=date(2024, 10, 1))
        counts = [draw_invoice(canvas, paper) for paper in papers]
        canvas.save()
    alone = [runs(invoice_pdf(paper)) for paper in papers]
    assert counts == [len(pages) for pages in alone]
    assert runs(target.getvalue()) == [page for pages in alone for page in pages]


def test_threads_draw_as_one_thread_does() -> None:
    """Eight threads, 240 papers with letters of their own each: every file is what a single thread writes.

    The threads change places every few microseconds, so that nothing but the lock keeps them apart.
    """
    letters = [chr(code) for code in range(0x00C0, 0x01C0) if code not in (0x00D7, 0x00F7)]
    papers = [
        invoice(
            LINES * (1 + number % 3), number=f"T{number:04}", name=f"MAILLY {''.join(letters[number : number + 12])}"
        )
        for number in range(240)
    ]
    draw: Callable[[InvoicePaper], bytes] = invoice_pdf
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(max_workers=8) as threads:
            drawn = list(threads.map(draw, papers))
    finally:
        sys.setswitchinterval(interval)
    assert [pdf == draw(paper) for pdf, paper in zip(drawn, papers, strict=True)] == [True] * len(papers)
    assert all(plain(paper.name) in words(pdf) for pdf, paper in list(zip(drawn, papers, strict=True))[::24])
