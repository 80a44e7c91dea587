"""What a clerk may store of a structure, and the sentence for each thing that keeps it out."""

from __future__ import annotations

import pytest

from tasks.structures.entry import read_entry
from tasks.structures.fields import BY_KEY, FIELDS
from tasks.structures.page import block

GOOD = {"vos_initiales": "ML", "adresse_expediteur": "facturation@tilleuls.example.org"}


def test_empty_fields_are_no_fault() -> None:
    """Only the sender's address and the initials are needed; a field that the UI left out was emptied."""
    entry = read_entry(GOOD)
    assert entry.faults == ()
    assert entry.initials == "ML"
    assert {key for key, value in entry.values.items() if value} == {"sender_email"}
    assert set(entry.values) == set(BY_KEY)


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        pytest.param("nom_expediteur", "  EHPAD Les Tilleuls ", "EHPAD Les Tilleuls", id="spaces-around"),
        pytest.param("adresse_expediteur", "Facturation@EXAMPLE.org", "Facturation@example.org", id="domain"),
        pytest.param("adresse_expediteur", "a@château.example", "a@xn--chteau-xta.example", id="idna"),
        pytest.param("texte_facture", "Bonjour,\r\n\r\nFin \r\n", "Bonjour,\n\nFin", id="line-ends"),
        pytest.param(
            "texte_facture", "R&D, Dupont & fils, &Colin", "R&D, Dupont & fils, &Colin", id="other-ampersands"
        ),
        pytest.param("texte_facture", "Facture.\nCopie à &copie_a.", "Facture.\nCopie à &copie_a.", id="copy"),
        pytest.param("texte_relance_1", "&client doit &montant_du", "&client doit &montant_du", id="reminder"),
        pytest.param("pied_de_mail", "R&D\nTél.", "R&D\nTél.", id="footer"),
        pytest.param("pied_de_mail", "x" * 500, "x" * 500, id="longest-footer"),
    ],
)
def test_what_is_stored(name: str, typed: str, stored: str) -> None:
    """As it was typed, but for spaces around it and the ends of lines."""
    entry = read_entry(GOOD | {name: typed})
    assert entry.faults == ()
    assert entry.values[next(field.key for field in FIELDS if field.name == name)] == stored


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        pytest.param("vos_initiales", "  ", "Vos initiales : ce champ est vide", id="no-initials"),
        pytest.param(
            "vos_initiales",
            "M" * 21,
            "M » est trop long (21 caractères)",
            id="long-initials",
        ),
        pytest.param("adresse_expediteur", "", "Adresse d'expéditeur : ce champ est vide", id="no-sender"),
        pytest.param(
            "adresse_expediteur",
            "a@example.org, b@example.org",
            "Adresse d'expéditeur : « a@example.org, b@example.org » contient plusieurs adresses",
            id="two-senders",
        ),
        pytest.param("adresse_expediteur", "tilleuls", "« tilleuls » n'est pas une adresse e-mail valable", id="no-at"),
        pytest.param("repondre_a", "a@b@c", "Répondre à : « a@b@c » n'est pas une adresse", id="reply-to"),
        pytest.param(
            "adresse_expediteur", "a@example.org\r\nBcc: x@y.fr", "contient un retour à la ligne", id="header-injection"
        ),
        pytest.param(
            "nom_expediteur", "EHPAD\nBcc: x", "Nom d'expéditeur : « EHPAD↵Bcc: x » contient", id="name-lines"
        ),
        pytest.param("nom_expediteur", "x" * 201, "est trop long (201 caractères) ; attendu : au plus 200", id="name"),
        pytest.param("pied_de_mail", "x" * 501, "Pied de mail : « xxx", id="footer-too-long"),
        pytest.param(
            "pied_de_mail", "&personne", "Pied de mail : le mot-clé « &personne » n'a pas de valeur", id="foot"
        ),
        pytest.param("objet_facture", "x" * 301, "Objet du mail de facture : « xxx", id="subject-too-long"),
        pytest.param("objet_facture", "a\x07b", "contient un caractère invisible ou de contrôle", id="bell"),
        pytest.param(
            "objet_facture",
            "Facture de &perid",
            "Objet du mail de facture : mot-clé inconnu « &perid » : écrivez « &periode ».",
            id="slip",
        ),
        pytest.param("objet_facture", "Copie à &copie_a", "« &copie_a » n'a pas de valeur ici", id="copy-in-subject"),
        pytest.param("texte_facture", "&copie", "écrivez « &copie_a »", id="slip-of-the-copy"),
        pytest.param("texte_facture", "Dû : &montant_du", "« &montant_du » n'a pas de valeur ici", id="other-kind"),
        pytest.param("texte_facture", "x" * 20_001, "est trop long (20001 caractères)", id="text-too-long"),
        pytest.param("texte_facture", "a\x00b", "Texte du mail de facture : « a[U+0000]b » contient", id="nul"),
        pytest.param("texte_facture", "Facture de &personne, copie à &copie_a", "il ne resterait rien", id="all-copy"),
        pytest.param("texte_relance_2", "&copie_a", "2e relance : le mot-clé « &copie_a » n'a pas", id="copy-reminder"),
        pytest.param("texte_relance_3", "&clients", "écrivez « &client »", id="slip-in-a-reminder"),
        pytest.param("texte_relance_1", "indemnité forfaitaire de 40 €", "particuliers", id="penalties"),
    ],
)
def test_a_fault_is_one_french_sentence_and_nothing_typed_is_lost(name: str, typed: str, sentence: str) -> None:
    """It names the field, shows what was typed and says what is expected."""
    entry = read_entry(GOOD | {name: typed})
    assert entry.faults
    assert any(sentence in fault for fault in entry.faults)
    assert all(fault.endswith(".") and "\n" not in fault for fault in entry.faults)
    if name != "vos_initiales":
        assert entry.values[next(field.key for field in FIELDS if field.name == name)] == typed


def test_every_fault_is_told() -> None:
    """Not only the first."""
    entry = read_entry({"objet_facture": "&perid", "pied_de_mail": "x" * 501})
    assert [fault.partition(" :")[0] for fault in entry.faults] == [
        "Vos initiales",
        "Adresse d'expéditeur",
        "Pied de mail",
        "Objet du mail de facture",
    ]


def test_every_default_is_what_could_be_typed() -> None:
    """A clerk who copies a default text into its field stores it."""
    entry = read_entry(GOOD | {field.name: field.default for field in FIELDS if field.default})
    assert entry.faults == ()
    assert sum(bool(field.default) for field in FIELDS) == 8


def test_a_block_ends_where_its_text_ends() -> None:
    """Backticks in a text do not close it."""
    assert block("a\n````\n<script>") == "`````text\na\n````\n<script>\n`````"
