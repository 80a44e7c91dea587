"""regler-les-relances against a real Prefect server: the form, its faults, and its Retry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.input.actions import read_flow_run_input
from prefect.states import AwaitingRetry

from flows.reminder_policy import regler_les_relances
from models.database.schema import migrate
from models.reading.reminder_terms import USUAL
from settings.load import load_settings
from tasks.reminders.policy import AssociationTerms, find_association
from tasks.reminders.policy_entry import INITIALS, as_typed
from tests.smtp_server.process import ScriptedServer
from tests.workplace import add_structure

pytestmark = pytest.mark.usefixtures("prefect_server", "office")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> None:
    """An association on SQLite: the two databases are the matter of the integration tests."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    migrate(load_settings().database)
    add_structure(load_settings().database)


def create_run(**parameters: str) -> UUID:
    """A run of a deployment: no other can be suspended."""
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(regler_les_relances)
        deployment = client.create_deployment(flow_id, name="essai")
        return client.create_flow_run_from_deployment(deployment, parameters=parameters).id


def work(flow_run_id: UUID) -> State[Any]:
    """What a worker does with a run."""
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(flow_run_id)
    with suppress(Pause):
        run_flow(regler_les_relances, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(flow_run_id).state
    assert state is not None
    return state


def retry(flow_run_id: UUID) -> State[Any]:
    """The Retry that forgets which forms were answered."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run_id, AwaitingRetry(), force=True)
    return work(flow_run_id)


def form_of(state: State[Any], flow_run_id: UUID) -> tuple[dict[str, Any], str]:
    """What the form that the run waits for holds, and what it says first."""
    assert state.name == "Suspended", state
    keys = state.state_details.run_input_keyset
    assert keys is not None
    schema: Any = read_flow_run_input(keys["schema"], flow_run_id=flow_run_id)
    fields = schema["properties"]
    return {name: about.get("default") for name, about in fields.items()}, fields[INITIALS]["description"]


def answer(flow_run_id: UUID, held: dict[str, Any], **typed: Any) -> State[Any]:
    """Send the form back as the UI does, without the fields that were emptied."""
    words = {name: value for name, value in (held | typed).items() if value is not None}
    with get_client(sync_client=True) as client:
        result = client.resume_flow_run(flow_run_id, run_input=words)
    assert result.status == "ACCEPT", result
    return work(flow_run_id)


def terms() -> dict[str, Any]:
    found = find_association("")
    assert isinstance(found, AssociationTerms)
    return as_typed(found.terms)


def test_a_clerk_sets_the_reminders_of_an_association_in_a_form() -> None:
    """Pre-filled; a faulty answer is shown again whole; then it is stored and told, and a Retry changes nothing."""
    run = create_run()
    held, _ = form_of(work(run), run)
    assert held == as_typed(USUAL) | {INITIALS: None}
    state = answer(run, held, vos_initiales="ML", relance_1_jours=40, solde_minimum="20", relance_2_delai=None)

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
    state = answer(run, held, relance_1_jours=10, relance_2_delai=8, relance_2_canal="courrier")

    assert state.is_completed()
    assert (state.message or "").startswith("Les Amis : relances réglées par ML. Relance 1 : 10 jours après l'échéance")
    stored = as_typed(USUAL) | {"relance_1_jours": 10, "solde_minimum": "20,00", "relance_2_canal": "courrier"}
    assert terms() == stored

    other = create_run(association="amis")
    held, _ = form_of(work(other), other)
    assert held == stored | {INITIALS: None}
    answer(other, held, vos_initiales="XX", relance_1_jours=12)
    assert retry(run).is_completed()
    assert terms() == stored | {"relance_1_jours": 12}


def test_a_form_that_changes_nothing_says_so() -> None:
    """And a Retry of a run whose form was not answered shows a form that can be."""
    run = create_run()
    form_of(work(run), run)
    held, _ = form_of(retry(run), run)
    state = answer(run, held, vos_initiales="ML")
    assert state.is_completed()
    assert (state.message or "").startswith("Les Amis : aucun changement. Relance 1 : 8 jours")


def test_an_unknown_association_is_a_sentence() -> None:
    """No form."""
    state = work(create_run(association="rives"))
    assert state.is_failed()
    assert (state.message or "").startswith("Aucune association n'a le code « rives ».")
