"""regler-les-relances against a real Prefect server: the form, its faults, and its Retry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.reminder_policy import regler_les_relances
from models.database.schema import migrate
from models.reading.reminder_terms import USUAL
from settings.load import load_settings
from tasks.reminders.policy import AssociationTerms, find_association
from tasks.reminders.policy_entry import INITIALS, as_typed
from tests.flows.form_driver import FormDriver, form_of
from tests.smtp_server.process import ScriptedServer
from tests.workplace import add_structure

clerk = FormDriver(regler_les_relances)

pytestmark = pytest.mark.usefixtures("prefect_server", "office")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> None:
    """An association on SQLite: the two databases are the matter of the integration tests."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    migrate(load_settings().database)
    add_structure(load_settings().database)


def terms() -> dict[str, Any]:
    found = find_association("")
    assert isinstance(found, AssociationTerms)
    return as_typed(found.terms)


def test_a_clerk_sets_the_reminders_of_an_association_in_a_form() -> None:
    """Pre-filled; a faulty answer is shown again whole; then it is stored and told, and a Retry changes nothing."""
    run = clerk.create_run()
    held, _ = form_of(clerk.work(run), run)
    assert held == as_typed(USUAL) | {INITIALS: None}
    state = clerk.answer(run, held, vos_initiales="ML", relance_1_jours=40, solde_minimum="20", relance_2_delai=None)

    held, description = form_of(state, run)
    assert held == as_typed(USUAL) | {
        INITIALS: "ML",
        "relance_1_jours": 40,
        "solde_minimum": "20",
        "relance_2_delai": None,
    }
    assert "Rien n'est enregistré." in description
    assert "Relance 2 : jours accordés pour payer : ce champ est vide" in description
    assert "Relance 2 : 30 jours après l'échéance, pas plus que la relance 1 (40 jours)" in description
    assert terms() == as_typed(USUAL)
    state = clerk.answer(run, held, relance_1_jours=10, relance_2_delai=8, relance_2_canal="courrier")

    assert state.is_completed()
    assert (state.message or "").startswith("Les Amis : relances réglées par ML. Relance 1 : 10 jours après l'échéance")
    stored = as_typed(USUAL) | {"relance_1_jours": 10, "solde_minimum": "20,00", "relance_2_canal": "courrier"}
    assert terms() == stored

    other = clerk.create_run(association="amis")
    held, _ = form_of(clerk.work(other), other)
    assert held == stored | {INITIALS: None}
    clerk.answer(other, held, vos_initiales="XX", relance_1_jours=12)
    assert clerk.retry(run).is_completed()
    assert terms() == stored | {"relance_1_jours": 12}


def test_a_form_that_changes_nothing_says_so() -> None:
    """And a Retry of a run whose form was not answered shows a form that can be."""
    run = clerk.create_run()
    form_of(clerk.work(run), run)
    held, _ = form_of(clerk.retry(run), run)
    state = clerk.answer(run, held, vos_initiales="ML")
    assert state.is_completed()
    assert (state.message or "").startswith("Les Amis : aucun changement. Relance 1 : 8 jours")


def test_an_unknown_association_is_a_sentence() -> None:
    """No form."""
    state = clerk.work(clerk.create_run(association="rives"))
    assert state.is_failed()
    assert (state.message or "").startswith("Aucune association n'a le code « rives ».")
