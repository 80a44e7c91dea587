"""The mail says what the clerk wrote, who writes, and nothing that a stranger should read in its subject."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.paper import Issuer
from models.values.people import PostalAddress
from models.values.period import Period
from tasks.documents.mail_body import attachment_name, default_wording, invoice_mail
from tasks.documents.mail_parts import MailText
from tasks.documents.wording import check_wording
from tests.unit.documents.papers import ISSUER

SEPTEMBER = Period(2024, 9)


def mail(
    subject: str = "",
    body: str = "",
    person: str = "MAILLY Josiane",
    period: Period = SEPTEMBER,
    issuer: Issuer = ISSUER,
) -> MailText:
    return invoice_mail(subject, body, person=person, period=period, issuer=issuer)


def test_the_default_mail() -> None:
    """A structure that wrote nothing sends a whole, polite mail."""
    default = mail(period=Period(2024, 8))
    assert default.subject == "Votre facture d'août 2024"
    assert default.text.startswith(
        "Bonjour,\n\nVous trouverez ci-joint la facture de MAILLY Josiane pour la période d'août"
    )
    assert "Vous trouverez ci-joint la facture de MAILLY Josiane pour la période d&#39;août 2024." in default.html


def test_the_defaults_pass_their_own_check() -> None:
    """They hold no slip, and the subject names nobody."""
    subject, body = default_wording()
    assert check_wording(subject) == check_wording(body) == []
    assert "&personne" not in subject
    assert "&personne" in body


def test_an_empty_part_is_the_default_one() -> None:
    """Spaces are no wording."""
    assert mail(subject=" \n", body="Mon texte").subject == "Votre facture de septembre 2024"
    assert mail(subject="Mon objet", body=" \r\n ").text == mail(subject="Mon objet").text


def test_paragraphs_and_lines_are_kept() -> None:
    """Blank lines part paragraphs, other breaks stay breaks, whichever system wrote them."""
    written = mail(body="Bonjour,\r\n\r\nligne 1\rligne 2\n\n\nFin")
    assert written.text.startswith("Bonjour,\n\nligne 1\nligne 2\n\n\nFin\n")
    paragraphs = [part.split("</p>")[0] for part in written.html.split('<p style="margin:0 0 16px 0;">')[1:]]
    assert paragraphs == ["Bonjour,", "ligne 1<br>\nligne 2", "Fin"]


def test_who_writes_stands_below() -> None:
    """Structure, association, address, contact, and what to do with a mail gone astray, in both forms."""
    written = mail(body="Texte")
    for form in (written.text, written.html):
        places = [form.index(part) for part in (ISSUER.structure, ISSUER.association, "12 rue des Érables, BP 40123")]
        assert places == sorted(places)
        assert "ne concernent que leur destinataire" in form
        assert "merci de nous en avertir à l'adresse facturation@tilleuls.example.org" in form
        assert "puis de les supprimer" in form
    assert "\n-- \n" in written.text


def test_an_issuer_without_contact() -> None:
    """Nothing is promised that does not exist, and no empty line is left."""
    written = mail(issuer=Issuer("Foyer", "Foyer", PostalAddress()))
    assert "merci de nous en avertir en répondant à ce message" in written.text
    assert written.text.count("Foyer") == 1
    assert "\n-- \nFoyer\n\nCe message" in written.text


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{{ 7*7 }}", id="expression"),
        pytest.param("{% include 'body.html' %}", id="statement"),
        pytest.param("{# note #}", id="comment"),
        pytest.param("{{ issuer.__class__ }}", id="attribute"),
        pytest.param("100 % {", id="loose-signs"),
    ],
)
def test_template_syntax_is_text(written: str) -> None:
    """Whether a clerk or an import wrote it, it is shown and not run."""
    whole = mail(subject=written, body=written, person=written)
    assert whole.subject == written
    assert whole.text.startswith(written)
    assert written.replace("'", "&#39;") in whole.html


def test_html_is_escaped() -> None:
    """In the wording, in a name, in the structure's own data."""
    evil = "<script>alert(1)</script>"
    issuer = replace(ISSUER, structure=f"Foyer {evil}", email=f"a@b{evil}")
    whole = mail(subject=evil, body=f"{evil} &personne", person=f"X {evil} & Y", issuer=issuer)
    assert "<script" not in whole.html
    assert "X &lt;script&gt;alert(1)&lt;/script&gt; &amp; Y" in whole.html
    assert whole.text.startswith(f"{evil} X {evil} & Y")


def test_an_address_of_a_page_stays_whole() -> None:
    """It is not cut at its ampersands."""
    whole = mail(body="Voir https://x.fr/?a=1&periode=2 pour payer.")
    assert "https://x.fr/?a=1&periode=2 pour" in whole.text
    assert "https://x.fr/?a=1&amp;periode=2 pour" in whole.html


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        pytest.param("Facture\r\nBcc: x@example.org", "Facture Bcc: x@example.org", id="header-injection"),
        pytest.param("a\tb\x00c\u2028d\x85e\x1b", "a b c d e", id="controls"),
        pytest.param("  Facture   de &periode ", "Facture de septembre 2024", id="spaces"),
        pytest.param("Facture \ud800", "Facture", id="half-a-surrogate-pair"),
    ],
)
def test_a_subject_is_one_line(written: str, subject: str) -> None:
    """No control character reaches a header."""
    assert mail(subject=written).subject == subject


def test_a_name_cannot_break_the_subject() -> None:
    """Imported names are no more trusted than typed subjects."""
    assert mail(subject="Facture de &personne", person="A\r\nBcc: x").subject == "Facture de A Bcc: x"


@given(st.text(), st.text(), st.text())
def test_any_wording_makes_a_mail(subject: str, body: str, person: str) -> None:
    """Always a subject on one line and two bodies that can be encoded."""
    written = mail(subject, body, person)
    assert written.subject
    assert written.subject.splitlines() == [written.subject]
    for part in (written.subject, written.text, written.html):
        part.encode()


@pytest.mark.parametrize(
    ("number", "period", "name"),
    [
        pytest.param("F2024-0912", SEPTEMBER, "Facture_2024-09_F2024-0912.pdf", id="usual"),
        pytest.param("F2024-0912", None, "Facture_F2024-0912.pdf", id="no-period"),
        pytest.param("FAC/2024/09", SEPTEMBER, "Facture_2024-09_FAC-2024-09.pdf", id="slashes"),
        pytest.param("../../etc/passwd", None, "Facture_etc-passwd.pdf", id="path"),
        pytest.param("N° 12 été", None, "Facture_N-12-ete.pdf", id="accents"),
        pytest.param('a"\r\nb', None, "Facture_a-b.pdf", id="quote-and-line-feed"),
        pytest.param("漢", SEPTEMBER, "Facture_2024-09.pdf", id="nothing-left"),
        pytest.param("", None, "Facture.pdf", id="empty"),
        pytest.param("9" * 300, None, f"Facture_{'9' * 60}.pdf", id="endless"),
    ],
)
def test_attachment_names(number: str, period: Period | None, name: str) -> None:
    """ASCII, safe on every file system, never empty."""
    assert attachment_name(number, period) == name


def test_the_footer_stands_between_the_signature_and_the_last_words() -> None:
    """In both forms, line by line; it is text, and its keywords stay as they are written."""
    issuer = replace(ISSUER, footer="Ouvert de 9 h à 12 h\r\n<b>&personne</b> {{ 7*7 }}\x00\n")
    written = mail(body="Texte", issuer=issuer)
    assert f"{ISSUER.email}\n\nOuvert de 9 h à 12 h\n<b>&personne</b> {{{{ 7*7 }}}}\n\nCe message" in written.text
    assert "Ouvert de 9 h à 12 h<br>\n&lt;b&gt;&amp;personne&lt;/b&gt; {{ 7*7 }}</p>" in written.html
    bare = mail(body="Texte")
    assert f"{ISSUER.email}\n\nCe message" in bare.text
    assert bare.html.count("<p ") == written.html.count("<p ") - 1


@pytest.mark.parametrize(
    ("body", "with_copy", "without"),
    [
        pytest.param("A\nCopie à &copie_a.\nB", "A\nCopie à UDAF.\nB", "A\nB", id="line"),
        pytest.param("A\n\nCopie à &COPIE_A.\n\nB", "A\n\nCopie à UDAF.\n\nB", "A\n\nB", id="paragraph"),
        pytest.param("&copie_a\n\nA", "UDAF\n\nA", "A", id="first"),
        pytest.param("A\n\n&copie_a", "A\n\nUDAF", "A", id="last"),
        pytest.param("A\n\n\nB", "A\n\n\nB", "A\n\n\nB", id="not-used"),
    ],
)
def test_a_line_about_a_copy_that_nobody_gets_is_left_out(body: str, with_copy: str, without: str) -> None:
    """No sentence is left without its end, and no hole where it stood."""
    for copy_to, expected in (("UDAF", with_copy), ("", without)):
        written = invoice_mail("", body, person="X", period=SEPTEMBER, issuer=ISSUER, copy_to=copy_to)
        assert written.text.startswith(f"{expected}\n\n-- \n")


def test_a_text_of_which_nothing_is_left_is_the_default_one() -> None:
    """An empty mail never leaves."""
    assert mail(body="Facture de &personne, copie à &copie_a").text == mail().text
