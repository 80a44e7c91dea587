"""What a clerk writes for a reminder, what its keywords become, and what no consumer may read in it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.period import Period
from models.values.reminder_paper import ReminderPaper
from tasks.documents.reminder_wording import (
    ConsumerTermsError,
    ReminderText,
    check_reminder_wording,
    default_reminder_wording,
    months_label,
    reminder_text,
)
from tasks.documents.wording import REMINDER_KEYWORDS
from tests.unit.documents.papers import plain
from tests.unit.documents.reminder_papers import overdue, reminder

LEVELS = (1, 2, 3)
SLIPS = ("&personnes", "&period", "&clients", "&montantdu", "&niveaux", "&datelimite", "&facture")


def filled(body: str, paper: ReminderPaper | None = None) -> ReminderText:
    return reminder_text("Objet", body, paper or reminder())


def joined(body: str, paper: ReminderPaper | None = None) -> str:
    """What stands before the table, with plain spaces."""
    return plain(" ".join(line for paragraph in filled(body, paper).before for line in paragraph))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("professional", [True, False])
def test_the_defaults_pass_their_own_check(level: int, professional: bool) -> None:
    """They hold no slip and no penalty, name nobody, leave no keyword unfilled, and say how much and until when."""
    subject, body = default_reminder_wording(level)
    assert check_reminder_wording(subject) == check_reminder_wording(body) == []
    text = reminder_text("", "", reminder(level=level, professional=professional))
    said = plain(" ".join(line for paragraph in text.before + text.after for line in paragraph))
    assert "&" not in text.subject + said
    assert "Martin" not in text.subject
    assert "70,50 €" in said
    assert "au plus tard le 1er décembre 2024" in said
    assert text.before
    assert text.after


def test_the_tone_rises_with_the_level() -> None:
    """An oversight at first, then a last chance, then the formal notice."""
    first, second, third = (" ".join(default_reminder_wording(level)) for level in LEVELS)
    assert "Sauf erreur ou omission de notre part" in first
    assert "mise en demeure" not in first.casefold()
    assert "Malgré notre relance" in second
    assert "mise en demeure" in second
    assert "MISE EN DEMEURE" in third
    assert "nous vous mettons en demeure" in third


def test_an_empty_part_is_the_default_one() -> None:
    """Spaces are no wording; each part on its own."""
    default = reminder_text("", "", reminder(level=2))
    assert reminder_text(" \n", " \r\n", reminder(level=2)) == default
    assert reminder_text("Mon objet", "", reminder(level=2)).before == default.before
    assert reminder_text("", "Mon texte", reminder(level=2)).subject == default.subject


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("&personne", "Boulangerie Martin & Fils", id="personne"),
        pytest.param("&client", "Boulangerie Martin & Fils", id="client"),
        pytest.param("&MONTANT_DÛ", "70,50 €", id="montant_du"),
        pytest.param("relance n° &niveau", "relance n° 1", id="niveau"),
        pytest.param("avant le &date_limite", "avant le 1er décembre 2024", id="date_limite"),
        pytest.param("la période de &periode", "la période d'octobre 2024", id="periode-elided"),
        pytest.param("&facturette &inconnu", "&facturette &inconnu", id="others-are-text"),
    ],
)
def test_keywords(written: str, expected: str) -> None:
    """Those of an invoice's mail keep their sense: &personne is whom it concerns, &periode the invoices' month."""
    assert joined(written) == expected


def test_all_the_keywords_are_filled() -> None:
    """What the check accepts, the filling knows."""
    text = filled(" ".join(f"&{keyword}" for keyword in REMINDER_KEYWORDS))
    assert "&" not in plain(str(text.before + text.after)).replace("Martin & Fils", "")


@pytest.mark.parametrize("written", SLIPS)
def test_a_near_miss_is_told(written: str) -> None:
    """Every keyword has its slips; the sentence shows what to write."""
    (told,) = check_reminder_wording(f"Bonjour {written}, merci")
    assert told.startswith(f"Mot-clé inconnu « {written} » : écrivez « &")
    assert told[told.index("écrivez « &") + 11 : -3] in REMINDER_KEYWORDS


@pytest.mark.parametrize(
    ("months", "label"),
    [
        pytest.param([(2024, 9)], "septembre 2024", id="one"),
        pytest.param([(2024, 9), (2024, 10)], "septembre et octobre 2024", id="two"),
        pytest.param([(2024, 11), (2024, 8), (2024, 9)], "août à novembre 2024", id="from-first-to-last"),
        pytest.param([(2023, 12), (2024, 1)], "décembre 2023 et janvier 2024", id="two-years"),
        pytest.param([(2023, 11), (2023, 12), (2024, 1)], "novembre 2023 à janvier 2024", id="over-new-year"),
        pytest.param([], "", id="none"),
    ],
)
def test_the_months_of_the_invoices(months: list[tuple[int, int]], label: str) -> None:
    """One month as on an invoice, two by name, more from the first to the last."""
    assert months_label({Period(year, month) for year, month in months}) == label


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        pytest.param("A\n\n&factures\n\nB", [["A"]], [["B"]], id="a-paragraph-of-its-own"),
        pytest.param("A : &factures. B", [["A :"]], [["B"]], id="inside-a-sentence"),
        pytest.param("A\nB\n&FACTURES\nC\n\nD", [["A", "B"]], [["C"], ["D"]], id="between-lines"),
        pytest.param("&factures", [], [], id="alone"),
        pytest.param("A\n\nB", [["A"], ["B"]], [], id="nowhere"),
        pytest.param("A &factures B &factures C", [["A"]], [["B facture F2024-0900 C"]], id="twice"),
        pytest.param("A\fB\n\n&factures\n\nC", [["A B"]], [["C"]], id="a-form-feed-is-no-place"),
    ],
)
def test_the_place_of_the_table(body: str, before: list[list[str]], after: list[list[str]]) -> None:
    """ "&factures" parts the text; without it the table comes last."""
    text = filled(body)
    assert [[line.rstrip() for line in paragraph] for paragraph in text.before] == before
    assert text.after == after


def test_the_invoices_in_a_subject() -> None:
    """A subject is short: one invoice by its number, more by their count."""
    assert reminder_text("Relance : &factures", "", reminder()).subject == "Relance : facture F2024-0900"
    assert reminder_text("Relance : &factures", "", reminder(lines=overdue(60))).subject == "Relance : 60 factures"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("une indemnité forfaitaire de recouvrement", id="compensation"),
        pytest.param("INDEMNITE FORFAITAIRE", id="capitals"),
        pytest.param("soit 40 € par facture", id="40-euros"),
        pytest.param("soit 40\u00a0€", id="no-break-space"),
        pytest.param("soit 40,00 €", id="cents"),
        pytest.param("quarante (40) ou 40 euros", id="in-letters"),
        pytest.param("des pénalités\nde retard", id="penalties-over-two-lines"),
        pytest.param("pe\u0301nalite\u0301s de retard", id="decomposed"),
        pytest.param("article L. 441-10 du Code de commerce", id="law"),
        pytest.param("article D441-5", id="decree"),
    ],
)
def test_penalties_are_refused_in_a_text_that_consumers_get(written: str) -> None:
    """The clerk is told when he writes them; and a consumer's reminder is never made of a text that has them."""
    (told,) = check_reminder_wording(written)
    assert told.startswith("N'écrivez pas « ")
    assert "particuliers" in told
    with pytest.raises(ConsumerTermsError, match="le client est un particulier"):
        filled(written, reminder(professional=False))
    with pytest.raises(ConsumerTermsError):
        reminder_text(written, "", reminder(professional=False))
    assert filled(written).before


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("la somme de 140 €, soit 3,40 € ou 1 240,50 €", id="other-amounts"),
        pytest.param("votre retard de paiement", id="late"),
        pytest.param("&montant_du", id="a-balance-of-forty-euros"),
    ],
)
def test_other_words_are_not_penalties(written: str) -> None:
    """A balance that happens to be 40 € is asked of a consumer like any other."""
    paper = reminder(professional=False, lines=overdue(1, balance=Decimal(40)), pay_by=date(2024, 12, 1))
    assert check_reminder_wording(written) == []
    assert filled(written, paper).before


@given(st.text(), st.text(), st.text())
def test_any_wording_is_filled(subject: str, body: str, name: str) -> None:
    """It raises on nothing that can be typed or imported, and the subject is one line."""
    text = reminder_text(subject, body, reminder(name=name))
    assert text.subject.splitlines() == [text.subject]
