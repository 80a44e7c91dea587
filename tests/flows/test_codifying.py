"""codifier-une-structure against a real Prefect server and a real SMTP server: the form, its faults, and its Retry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.structures import ACTION, LOOK, SAVE, codifier_une_structure
from models.database.schema import migrate
from settings.load import load_settings
from tasks.structures.codifying import find_structure
from tasks.structures.storing import Sheet
from tests.flows.form_driver import FormDriver, form_of, pages_of
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Moment, Rule
from tests.workplace import Workplace, add_structure

SENDER = "facturation@tilleuls.example"

clerk = FormDriver(codifier_une_structure)

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> Workplace:
    """A workplace on SQLite: the two databases are the matter of the integration tests."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    return Workplace(database, relay)


def stored() -> dict[str, str]:
    found = find_structure("")
    assert isinstance(found, Sheet)
    return {key: value for key, value in found.values.items() if value}


def test_a_clerk_sets_a_structure_in_a_form(office: Workplace) -> None:
    """Pre-filled; a faulty answer is shown again whole; then it is stored, tried, and shown with its history."""
    run = clerk.create_run(structure="TILLEULS", essai_vers="essai@example.org")
    held, description = form_of(clerk.work(run), run)
    assert (held["adresse_expediteur"], held["texte_facture"], held[ACTION]) == (SENDER, "", SAVE)
    assert held["vos_initiales"] is None
    assert "essai@example.org" in description
    text = "Facture de &personne.\nCopie à &copie_a.\n\nMerci"
    state = clerk.answer(run, held, vos_initiales="ML", objet_facture="Facture &perid", texte_facture=text)

    held, description = form_of(state, run)
    assert (held["vos_initiales"], held["objet_facture"], held["texte_facture"]) == ("ML", "Facture &perid", text)
    assert "Rien n'est enregistré." in description
    assert "écrivez « &amp;periode »" in description  # as Markdown
    assert stored() == {"sender_email": SENDER}
    state = clerk.answer(run, held, objet_facture="Facture &periode", que_faire=LOOK)

    held, _ = form_of(state, run)
    assert held["objet_facture"] == "Facture &periode"
    assert "Copie à UDAF de Loire-Exemple." in pages_of(run)[-1]
    assert stored() == {"sender_email": SENDER}
    assert held[ACTION] == SAVE
    state = clerk.answer(run, held)

    assert state.is_completed()
    assert (state.message or "").startswith(
        "TILLEULS : 2 réglages changés par ML (Objet du mail de facture, Texte du mail de facture). "
        "Essai accepté pour essai@example.org par 127.0.0.1 (250"
    )
    saved = {"sender_email": SENDER, "invoice.subject": "Facture &periode", "invoice.body": text}
    assert stored() == saved
    assert len(office.relay.messages()) == 1
    assert "| ML | Objet du mail de facture | (vide) | Facture &amp;periode |" in pages_of(run)[-1]
    assert "> **Essai** : accepté pour essai@example.org" in pages_of(run)[-1]


def test_a_retry_asks_nothing_and_changes_nothing_again(office: Workplace) -> None:
    """Only a trial that failed is made again."""
    office.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    run = clerk.create_run(essai_vers="essai@example.org")
    held, _ = form_of(clerk.work(run), run)
    state = clerk.answer(run, held, vos_initiales="ML", pied_de_mail="Un")
    assert state.is_failed()
    assert "Essai pas parti vers essai@example.org : Le compte d'envoi n'a pas le droit" in (state.message or "")
    assert stored()["footer"] == "Un"
    other = clerk.create_run()
    held, _ = form_of(clerk.work(other), other)
    assert held["pied_de_mail"] == "Un"
    clerk.answer(other, held, vos_initiales="XX", pied_de_mail="")
    office.relay.script()
    state = clerk.retry(run)
    assert state.is_completed()
    assert (state.message or "").startswith("TILLEULS : 1 réglage changé par ML (Pied de mail). Essai accepté")
    assert "footer" not in stored()
    assert len(office.relay.messages()) == 1


def test_a_run_that_stopped_before_its_answer_can_still_be_answered(office: Workplace) -> None:
    """A Retry of a suspended run shows a new form: one under an old key could never be answered."""
    run = clerk.create_run()
    form_of(clerk.work(run), run)
    held, _ = form_of(clerk.retry(run), run)
    state = clerk.answer(run, held, vos_initiales="ML", nom_expediteur="Les Tilleuls")
    assert state.message == "TILLEULS : 1 réglage changé par ML (Nom d'expéditeur)."
    assert state.is_completed()


def test_what_cannot_begin_is_a_sentence(office: Workplace) -> None:
    """No form for an unknown structure or a trial to nowhere."""
    for parameters, sentence in (
        ({"structure": "LILAS"}, "Aucune structure n'a le code « LILAS »."),
        ({"essai_vers": "moi"}, "« essai_vers » : « moi » n'est pas une adresse e-mail valable"),
    ):
        state = clerk.work(clerk.create_run(**parameters))
        assert state.is_failed()
        assert (state.message or "").startswith(sentence)


def test_a_form_that_changes_nothing_says_so(office: Workplace) -> None:
    """And it is no failure."""
    run = clerk.create_run()
    held, _ = form_of(clerk.work(run), run)
    state = clerk.answer(run, held, vos_initiales="ML")
    assert state.is_completed()
    assert state.message == "TILLEULS : aucun changement."
