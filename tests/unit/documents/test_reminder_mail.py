"""The mail of a reminder says what the letter says, shows the invoices, and tells what is attached."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.paper import Issuer
from models.values.people import PostalAddress
from models.values.reminder_paper import ReminderPaper
from tasks.documents import french
from tasks.documents.mail_parts import MailText
from tasks.documents.reminder_mail import reminder_attachment_name, reminder_mail
from tests.unit.documents.papers import ISSUER, plain
from tests.unit.documents.reminder_papers import LARGEST, mixed, overdue, reminder


class Cells(HTMLParser):
    """The cells of the table of invoices, row by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(html[html.index("<thead>") : html.index("</tfoot>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "br":
            self.rows[-1][-1] += " "

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = plain(f"{self.rows[-1][-1]}{data}")


def mail(paper: ReminderPaper | None = None, body: str = "", subject: str = "", *, copies: bool = True) -> MailText:
    return reminder_mail(subject, body, paper or reminder(), copies=copies)


def said(html: str) -> str:
    """What a reader of the HTML sees, with plain spaces."""
    return plain(unescape(re.sub(r"<[^>]+>", " ", html)))


def forms(written: MailText) -> tuple[str, str]:
    """Both bodies as they are read."""
    return plain(written.text), said(written.html)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_penalties_of_the_code_de_commerce_are_a_professionals_alone(level: int) -> None:
    """In the text as in the HTML; a consumer finds not a word of them, not even in a hidden place."""
    for form in forms(mail(reminder(level=level))):
        for term in ("L441-10", "D441-5", "pénalités de retard", "indemnité forfaitaire de 40 €"):
            assert term in form
    consumer = mail(reminder(level=level, professional=False))
    for form in (*forms(consumer), plain(consumer.html), consumer.subject):
        for term in ("L441", "D441", "Code de commerce", "énalité", "forfait", "40 €", "majoré", "indemnité"):
            assert term not in form
    for form in forms(consumer):
        assert "nous chercherons une solution avec vous" in form


@pytest.mark.parametrize("body", ["", "Payez."])
@pytest.mark.parametrize("professional", [True, False])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_last_level_is_a_formal_notice(level: int, professional: bool, body: str) -> None:
    """It says so, with sum and deadline, whatever the clerk wrote; the levels before do not."""
    notice = "La présente vaut MISE EN DEMEURE de payer la somme de 70,50 € au plus tard le 1er décembre 2024"
    for form in forms(mail(reminder(level=level, professional=professional), body)):
        assert (notice in form) is (level == 3)
        assert ("MISE EN DEMEURE" in form) is (level == 3)


@pytest.mark.parametrize(
    ("count", "copies", "expected"),
    [
        pytest.param(1, True, "jointe à ce message en PDF, avec une copie de la facture.", id="one-with"),
        pytest.param(3, True, "jointe à ce message en PDF, avec une copie de chaque facture.", id="many-with"),
        pytest.param(1, False, "en PDF, sans la copie de la facture, trop volumineuse pour", id="one-without"),
        pytest.param(
            3, False, "en PDF, sans les copies des factures, trop volumineuses pour un message", id="many-without"
        ),
    ],
)
def test_what_is_attached_is_told(count: int, copies: bool, expected: str) -> None:
    """The letter always; the copies, or why they are not there."""
    for form in forms(mail(reminder(lines=overdue(count)), copies=copies)):
        assert expected in form
        assert form.count("Notre lettre est jointe") == 1


PAPERS = [
    pytest.param(reminder(), id="one"),
    pytest.param(reminder(lines=overdue(12)), id="twelve"),
    pytest.param(reminder(lines=mixed(60), level=3), id="sixty-of-several-levels"),
    pytest.param(reminder(lines=overdue(3, total_incl_tax=LARGEST, balance=LARGEST)), id="largest-amounts"),
]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_invoices_are_a_table_in_the_html(paper: ReminderPaper) -> None:
    """One row an invoice with all its numbers, and the total of the balances below."""
    head, *found, total = Cells(mail(paper).html).rows
    assert head == ["Facture", "Échéance", "Montant TTC", "Réglé", "Reste dû"]
    expected = []
    for line in paper.lines:
        level = f", niveau {line.level}" if paper.several_levels else ""
        amounts = [plain(french.amount(euros)) for euros in (line.total_incl_tax, line.paid, line.balance)]
        number = f"{line.number} du {line.issued_on:%d/%m/%Y}{level}"
        expected.append([number, f"{line.due_on:%d/%m/%Y} {line.days_overdue} j de retard", *amounts])
    assert found == expected
    assert total == ["Total à régler", plain(french.amount(paper.total_due))]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_invoices_are_aligned_lines_in_the_text(paper: ReminderPaper) -> None:
    """Every line is as long as the titles, and holds the numbers of one invoice; the total follows."""
    lines = mail(paper).text.split("\n")
    top = next(index for index, line in enumerate(lines) if line.startswith("Facture "))
    table = lines[top : top + 1 + len(paper.lines)]
    assert len({len(line) for line in table}) == 1
    for text, line in zip(table[1:], paper.lines, strict=True):
        level = [str(line.level)] if paper.several_levels else []
        dates = [f"{line.issued_on:%d/%m/%Y}", f"{line.due_on:%d/%m/%Y}"]
        amounts = [french.amount(euros) for euros in (line.total_incl_tax, line.paid, line.balance)]
        cells = [line.number, *dates, f"{line.days_overdue} j", *level, *amounts]
        assert [plain(cell) for cell in re.split(" {2,}", text)] == [plain(cell) for cell in cells]
    assert lines[top + 1 + len(paper.lines)] == f"Total à régler : {french.amount(paper.total_due)}"


def test_the_table_stands_where_the_clerk_put_it() -> None:
    """Before and after it stands what he wrote before and after; without a place, it follows the body."""
    for form in forms(mail(body="Avant.\n\n&factures\n\nAprès.")):
        places = [form.index(part) for part in ("Avant.", "04/10/2024", "Total à régler", "Règlement par", "Après.")]
        assert places == sorted(places)
    for form in forms(mail(body="Avant.")):
        assert form.index("Avant.") < form.index("04/10/2024")
    for form in forms(mail(body="&factures")):
        assert form.count("04/10/2024") == 1


def test_how_to_pay_and_whom_to_ask() -> None:
    """Account, reference, the crossed payment, and the contact."""
    for form in forms(mail()):
        assert "IBAN FR76 3000 6000 0112 3456 7890 189, BIC AGRIFRPP, référence C0001." in form
        assert "Si votre règlement s'est croisé avec ce message, veuillez ne pas en tenir compte." in form
        assert "écrivez-nous à l'adresse facturation@tilleuls.example.org en rappelant la référence C0001." in form


def test_a_bare_structure() -> None:
    """Nothing is promised that does not exist, and no part is left empty."""
    written = mail(reminder(issuer=Issuer("Foyer", "Foyer", PostalAddress()), code=""))
    for form in forms(written):
        assert "IBAN" not in form
        assert "Pour toute question, répondez à ce message." in form
        assert "référence" not in form
    assert "\n-- \nFoyer\n\nCe message" in written.text
    assert "\n\n\n" not in written.text


def test_who_writes_stands_below() -> None:
    """Signature, the structure's own footer, and what to do with a mail gone astray."""
    written = mail(reminder(issuer=replace(ISSUER, footer="Accueil fermé\nle mercredi")))
    for form in forms(written):
        parts = (ISSUER.association, "Accueil fermé le mercredi", "ne concernent que leur destinataire")
        places = [form.rindex(part) for part in parts]
        assert places == sorted(places)


@pytest.mark.parametrize("written", ["{{ 7*7 }}", "{% include 'body.html' %}", "{# note #}", "100 % {"])
def test_template_syntax_is_text(written: str) -> None:
    """Whether a clerk or an import wrote it, it is shown and not run."""
    whole = mail(reminder(name=written, code=written), f"{written} &client", written)
    assert whole.subject == written
    assert whole.text.startswith(f"{written} {written}")
    assert said(whole.html).count(written) >= 3


def test_html_is_escaped() -> None:
    """In the wording, in a name, in a number, in the structure's own data."""
    evil = "<script>alert(1)</script>"
    issuer = replace(ISSUER, structure=evil, email=f"a@b{evil}", iban=evil, association=evil, footer=evil)
    whole = mail(reminder(name=evil, code=evil, lines=overdue(1, number=evil), issuer=issuer), f"{evil} &client", evil)
    assert "<script" not in whole.html
    assert whole.html.count("&lt;script&gt;") >= 8


@given(st.text(), st.text(), st.text(), st.text())
def test_any_wording_makes_a_mail(subject: str, body: str, name: str, number: str) -> None:
    """Always a subject on one line and two bodies that can be encoded."""
    written = mail(reminder(name=name, lines=overdue(2, number=number)), body, subject)
    assert written.subject.splitlines() == [written.subject]
    for part in (written.subject, written.text, written.html):
        part.encode()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("C0001", "Relance_2024-11-15_C0001.pdf", id="usual"),
        pytest.param("CLI/12 été", "Relance_2024-11-15_CLI-12-ete.pdf", id="accents"),
        pytest.param("../../etc", "Relance_2024-11-15_etc.pdf", id="path"),
        pytest.param("漢", "Relance_2024-11-15.pdf", id="nothing-left"),
        pytest.param("9" * 300, f"Relance_2024-11-15_{'9' * 60}.pdf", id="endless"),
    ],
)
def test_attachment_names(code: str, name: str) -> None:
    """ASCII, safe on every file system, without a name."""
    assert reminder_attachment_name(date(2024, 11, 15), code) == name
