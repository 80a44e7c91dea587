"""The texts that clerks have today work unchanged, and a slip is told before it is mailed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.period import Period
from tasks.documents.wording import INVOICE_KEYWORDS, check_wording, fill, period_label

REMINDER_KEYWORDS = ("client", "montant_du", "niveau", "date_limite")


def filled(text: str, period: str = "septembre 2024", person: str = "MAILLY Josiane") -> str:
    return fill(text, {"personne": person, "periode": period})


def test_the_sentence_of_todays_product() -> None:
    """The one text that every user knows comes out letter by letter."""
    text = "Vous trouverez ci-joint la facture de &personne pour la période de &periode"
    assert (
        filled(text, period_label(Period(2024, 9)))
        == "Vous trouverez ci-joint la facture de MAILLY Josiane pour la période de septembre 2024"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("&personne", "MAILLY Josiane", id="alone"),
        pytest.param("&PERSONNE, &Personne", "MAILLY Josiane, MAILLY Josiane", id="any-case"),
        pytest.param("&période", "septembre 2024", id="accent"),
        pytest.param("&pe\u0301riode", "septembre 2024", id="decomposed-accent"),
        pytest.param("(&personne).", "(MAILLY Josiane).", id="punctuation"),
        pytest.param("&personne-&periode", "MAILLY Josiane-septembre 2024", id="hyphen"),
        pytest.param("&personne&periode", "MAILLY Josianeseptembre 2024", id="side-by-side"),
        pytest.param("d'&periode", "de septembre 2024", id="written-in-august"),
        pytest.param("&persone &personnel", "&persone &personnel", id="slips-stay-seen"),
        pytest.param("R&D, Dupont & fils, AT&T", "R&D, Dupont & fils, AT&T", id="other-ampersands"),
        pytest.param("&amp; &eacute;", "&amp; &eacute;", id="html-entities"),
        pytest.param("https://x.fr/?a=1&periode=2", "https://x.fr/?a=1&periode=2", id="address-of-a-page"),
        pytest.param(
            "www.x.fr/?a=1&personne=2 &personne", "www.x.fr/?a=1&personne=2 MAILLY Josiane", id="bare-address"
        ),
        pytest.param("{{ 7*7 }} %s {personne} $periode", "{{ 7*7 }} %s {personne} $periode", id="other-syntaxes"),
        pytest.param("", "", id="empty"),
        pytest.param("&", "&", id="lone-ampersand"),
    ],
)
def test_what_is_a_keyword(text: str, expected: str) -> None:
    """A keyword ends at the end of its word, in any case; everything else is text."""
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("text", "august", "september"),
    [
        pytest.param(
            "pour la période de &periode", "pour la période d'août 2024", "pour la période de septembre 2024", id="de"
        ),
        pytest.param("De &periode", "D'août 2024", "De septembre 2024", id="capital"),
        pytest.param("du mois de &periode", "du mois d'août 2024", "du mois de septembre 2024", id="du-mois-de"),
        pytest.param("du mois d'&periode", "du mois d'août 2024", "du mois de septembre 2024", id="elided-already"),
        pytest.param("du mois d’&periode", "du mois d'août 2024", "du mois de septembre 2024", id="curly-apostrophe"),
        pytest.param("de\u00a0&periode", "d'août 2024", "de\u00a0septembre 2024", id="no-break-space"),
        pytest.param("&periode", "août 2024", "septembre 2024", id="without-de"),
        pytest.param("le monde &periode", "le monde août 2024", "le monde septembre 2024", id="word-ending-in-de"),
        pytest.param(
            "la facture &periode de", "la facture août 2024 de", "la facture septembre 2024 de", id="de-after"
        ),
    ],
)
def test_elision(text: str, august: str, september: str) -> None:
    """French writes "d'août", "d'avril", "d'octobre", and "de septembre"."""
    assert filled(text, "août 2024") == august
    assert filled(text, "septembre 2024") == september


def test_the_months_that_elide() -> None:
    """Three of twelve."""
    elided = [month for month in range(1, 13) if filled("de &periode", period_label(Period(2024, month)))[1] == "'"]
    assert elided == [4, 8, 10]


def test_a_name_is_never_elided() -> None:
    """A name in capitals stays whole after "de"."""
    assert filled("la facture de &personne", person="ADAM Paul") == "la facture de ADAM Paul"


@pytest.mark.parametrize(
    "person",
    [
        pytest.param("&periode", id="keyword"),
        pytest.param("&personne", id="itself"),
        pytest.param(r"\1 \g<0>", id="backreference"),
        pytest.param("DE", id="de"),
    ],
)
def test_a_value_is_never_read_as_wording(person: str) -> None:
    """What a name contains is text, whatever it looks like."""
    assert filled("&personne &periode", person=person) == f"{person} septembre 2024"


@pytest.mark.parametrize(
    ("written", "right"),
    [
        pytest.param("&persone", "&personne", id="letter-missing"),
        pytest.param("&personnne", "&personne", id="letter-too-many"),
        pytest.param("&prsonne", "&personne", id="letter-lost"),
        pytest.param("&pesronne", "&personne", id="letters-swapped"),
        pytest.param("&Periodes", "&periode", id="plural"),
        pytest.param("&periods", "&periode", id="english"),
        pytest.param("&PERSONNES", "&personne", id="capitals"),
        pytest.param("&péridoe", "&periode", id="accent-and-slip"),
        pytest.param("&personnel", "&personne", id="goes-on"),
        pytest.param("&personne_nom", "&personne", id="underscore"),
        pytest.param("&periode2024", "&periode", id="digits"),
    ],
)
def test_a_near_miss_is_refused_with_the_right_keyword(written: str, right: str) -> None:
    """The sentence shows what was written and what to write."""
    assert check_wording(f"Bonjour, la facture de {written}, merci.") == [
        f"Mot-clé inconnu « {written} » : écrivez « {right} »."
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Facture de &personne pour la période de &periode", id="right"),
        pytest.param("&Personne &PÉRIODE", id="any-case-and-accent"),
        pytest.param("&personne. &personne, (&periode)", id="punctuation"),
        pytest.param("R&D", id="r-and-d"),
        pytest.param("Dupont & fils, Dupont &fils, Dupont&Fils, père & mère", id="names"),
        pytest.param("https://x.fr/?a=1&b=2&person=3&Periodes=4", id="address-of-a-page"),
        pytest.param("voir www.x.fr/?mois=9&period=1", id="bare-address"),
        pytest.param("&amp; &eacute; &nbsp;", id="html-entities"),
        pytest.param("le tuteur & personne d'autre", id="space-after"),
        pytest.param("&p &per &père", id="short-words"),
        pytest.param("", id="empty"),
    ],
)
def test_any_other_ampersand_is_text(text: str) -> None:
    """A clerk who writes R&D is not stopped."""
    assert check_wording(text) == []


def test_every_slip_is_told_once_and_in_order() -> None:
    """All of them, not only the first."""
    assert check_wording("&periodes &persone &periodes") == [
        "Mot-clé inconnu « &periodes » : écrivez « &periode ».",
        "Mot-clé inconnu « &persone » : écrivez « &personne ».",
    ]


def test_other_texts_have_other_keywords() -> None:
    """What is a keyword of reminders is text in an invoice's mail, and the other way round."""
    assert check_wording("&clients &montant_dû &montantdu", REMINDER_KEYWORDS) == [
        "Mot-clé inconnu « &clients » : écrivez « &client ».",
        "Mot-clé inconnu « &montantdu » : écrivez « &montant_du ».",
    ]
    assert check_wording("&persone", REMINDER_KEYWORDS) == []
    assert fill("&client doit &montant_du", {"client": "Dupont", "montant_du": "12 €"}) == "Dupont doit 12 €"
    assert fill("&client", {"personne": "X"}) == "&client"
    assert check_wording("&persone", ()) == []


@given(st.text(), st.text(), st.text())
def test_fill_takes_any_text(text: str, person: str, period: str) -> None:
    """It raises on nothing that can be typed or imported."""
    assert isinstance(fill(text, {"personne": person, "periode": period}), str)
    assert isinstance(check_wording(text), list)


@given(st.text().filter(lambda text: "&" not in text))
def test_a_text_without_keywords_is_unchanged(text: str) -> None:
    """No ampersand, no change, no complaint."""
    assert filled(text) == text
    assert check_wording(text) == []


@given(st.text(alphabet="&personiédRD .'’", max_size=30))
def test_what_is_refused_is_what_is_not_filled(text: str) -> None:
    """A text that passes the check holds no keyword that filling would leave behind."""
    if not check_wording(text):
        assert check_wording(filled(text, "x", "x")) == []


@given(st.sampled_from(INVOICE_KEYWORDS), st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=1), st.data())
def test_one_wrong_letter_is_always_caught(keyword: str, letter: str, data: st.DataObject) -> None:
    """Whatever single letter is lost, replaced or added."""
    place = data.draw(st.integers(0, len(keyword) - 1))
    slip = keyword[:place] + letter + keyword[place + 1 :]
    if slip != keyword:
        assert check_wording(f"&{slip}") == [f"Mot-clé inconnu « &{slip} » : écrivez « &{keyword} »."]
