"""relances against a real Prefect server and a real SMTP server, in both modes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.input.actions import read_flow_run_input
from prefect.states import AwaitingRetry
from pypdf import PdfReader

from flows.reminders import relances
from models.database.schema import migrate
from models.rules.coverage import Coverage
from settings.load import load_settings
from tests.reminders_workplace import TODAY, add_client, add_overdue, note_import, overdue
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace, add_structure

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def place(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> Workplace:
    """A structure with fresh balances, on SQLite."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    workplace = Workplace(database, relay)
    note_import(workplace)
    return workplace


def run(**parameters: Any) -> Any:
    asked = {"date_de_reference": TODAY.isoformat(), "relecture": False} | parameters
    return relances(**asked, return_state=True)


def create_run(**parameters: Any) -> FlowRun:
    asked = {"date_de_reference": TODAY.isoformat(), "relecture": False} | parameters
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(client.create_flow(relances), name="essai")  # no other can be suspended
        return client.create_flow_run_from_deployment(deployment, parameters=asked)


def start(flow_run: FlowRun) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.flows.run_reminders", str(flow_run.id)], cwd=ROOT)


def again(flow_run: FlowRun, state: Any) -> int:
    """Start the same run once more, as Resume and Retry do."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, state, force=True)
    return start(flow_run).wait(timeout=240)


def message_of(flow_run: FlowRun) -> tuple[str, str]:
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(flow_run.id).state
    assert state is not None
    return state.type.value, state.message or ""


def form_of(flow_run: FlowRun) -> dict[str, Any]:
    """The properties of the form that the suspended run shows."""
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(flow_run.id).state
    assert state is not None
    keyset = state.state_details.run_input_keyset
    assert keyset is not None
    found: dict[str, Any] = read_flow_run_input(keyset["schema"], flow_run_id=flow_run.id)
    return dict(found["properties"])


def resume(flow_run: FlowRun, **answer: Any) -> int:
    with get_client(sync_client=True) as client:
        client.resume_flow_run(flow_run.id, run_input={"vos_initiales": "ML"} | answer)
    return start(flow_run).wait(timeout=240)


def artifacts(flow_run_id: UUID) -> dict[str, str]:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        )
    return {artifact.key or "": str(artifact.data) for artifact in found}


def printed(place: Workplace) -> str:
    """The text of all files in var/impressions."""
    files = sorted(load_settings().prints.glob("*.pdf"))
    return " ".join(page.extract_text() for file in files for page in PdfReader(BytesIO(file.read_bytes())).pages)


def test_an_unattended_run_mails_who_has_an_address_and_says_how_it_went(place: Workplace) -> None:
    """And a second run reminds nobody twice."""
    garage = add_overdue(place, add_client(place, "Garage Petit", "compta@garage.example"), 20)
    alone = add_overdue(place, add_client(place, "Sans Adresse"), 20)
    state = run()
    assert state.is_completed(), state.message
    assert state.message == "1 relance du 15/11/2024 : 1 envoyée."
    assert [m.recipients for m in place.relay.messages()] == [("compta@garage.example",)]
    found = overdue(place)
    assert (found[garage].coverage, found[alone].coverage) == (Coverage.MAILED, Coverage.WAITING)
    assert run().is_completed()
    assert len(place.relay.messages()) == 1


def test_the_same_run_in_letter_mode_gives_the_letters(place: Workplace) -> None:
    """Nothing is mailed; who was reminded by letter is not reminded by mail afterwards."""
    number = add_overdue(place, add_client(place, "Garage Petit", "compta@garage.example"), 20)
    state = run(mode="courrier")
    assert state.is_completed(), state.message
    assert "courriers-relances-" in state.message
    assert place.relay.messages() == []
    assert number in printed(place)
    assert overdue(place)[number].coverage is Coverage.PRINTED
    assert run().is_completed()
    assert place.relay.messages() == []


@pytest.mark.usefixtures("stay_in_project")
def test_a_clerk_leaves_out_a_client_and_an_invoice_and_prints_the_others(place: Workplace) -> None:
    """The form shows the mode, the clients and their invoices; what is validated is what leaves."""
    garage = add_client(place, "Garage Petit", "compta@garage.example")
    kept, left_out = add_overdue(place, garage, 20), add_overdue(place, garage, 15)
    other = add_overdue(place, add_client(place, "Mairie", "mairie@example.org"), 20)
    alone = add_overdue(place, add_client(place, "Sans Adresse"), 20)
    flow_run = create_run(relecture=True)
    start(flow_run).wait(timeout=240)
    assert message_of(flow_run)[0] == "PAUSED"
    form = form_of(flow_run)
    clients = form["retirer_des_clients"]["items"]["enum"]
    invoices = form["retirer_des_factures"]["items"]["enum"]
    resume(
        flow_run,
        mode="e-mail",
        retirer_des_clients=[label for label in clients if label.startswith("Mairie")],
        retirer_des_factures=[label for label in invoices if left_out in label],
        editer_les_autres=True,
    )
    kind, message = message_of(flow_run)
    assert kind == "COMPLETED", message
    assert [m.recipients for m in place.relay.messages()] == [("compta@garage.example",)]
    found = overdue(place)
    assert {number: found[number].coverage for number in (kept, left_out, other, alone)} == {
        kept: Coverage.MAILED,
        left_out: Coverage.EXCLUDED,
        other: Coverage.EXCLUDED,
        alone: Coverage.PRINTED,
    }
    assert alone in printed(place)
    pages = artifacts(flow_run.id)
    assert "Mode courant : e-mail" in pages["5-plan-relances-2024-11-15"]
    assert "compta@garage.example" in pages["5-plan-relances-2024-11-15"]


@pytest.mark.usefixtures("stay_in_project")
def test_the_mode_can_be_switched_in_the_form(place: Workplace) -> None:
    """Started for e-mail, validated as letters: nothing is mailed."""
    number = add_overdue(place, add_client(place, "Garage Petit", "compta@garage.example"), 20)
    flow_run = create_run(relecture=True)
    start(flow_run).wait(timeout=240)
    resume(flow_run, mode="courrier")
    assert message_of(flow_run)[0] == "COMPLETED"
    assert place.relay.messages() == []
    assert overdue(place)[number].coverage is Coverage.PRINTED


def test_old_balances_stop_an_unattended_run(place: Workplace, tmp_path: Path) -> None:
    """Nothing is planned, and the sentence says of when the balances are."""
    with pytest.MonkeyPatch.context() as patch:
        database = f"sqlite:///{tmp_path / 'old.db'}"
        patch.setenv("FACTEUR_DATABASE_URL", database)
        migrate(database)
        add_structure(database)
        old = Workplace(database, place.relay)
        note_import(old, days_ago=30)
        add_overdue(old, add_client(old, "Garage", "g@example.org"), 20)
        state = run()
    assert state.is_failed()
    assert "Les soldes datent du" in state.message
    assert place.relay.messages() == []


@pytest.mark.usefixtures("stay_in_project")
def test_killed_in_the_middle_and_retried_each_client_has_one_copy_or_an_uncertain_row(place: Workplace) -> None:
    """kill -9 after the relay stored the third message and before it answered."""
    for number in range(6):
        add_overdue(place, add_client(place, f"Client {number}", f"c{number}@example.org"), 20)
    place.relay.script(Rule(Moment.FINAL, how=How.HANG, skip=2, times=1, stored=True))
    flow_run = create_run()
    process = start(flow_run)
    deadline = time.monotonic() + 120
    while len(place.relay.messages()) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    place.relay.script()
    assert again(flow_run, AwaitingRetry()) == 0
    kind, message = message_of(flow_run)
    assert kind == "FAILED"
    assert "1 incertaine" in message
    copies = Counter(m.recipients for m in place.relay.messages())
    assert set(copies.values()) == {1}
    assert len(copies) == 6
    assert Counter(s.coverage for s in overdue(place).values()) == {Coverage.MAILED: 5, Coverage.UNCERTAIN: 1}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        pytest.param({"date_de_reference": "15/11/2024"}, "écrivez-la AAAA-MM-JJ", id="date"),
        pytest.param({"niveau_minimum": 4}, "Le niveau 4 n'existe pas", id="level"),
        pytest.param({"structures": ["INCONNUE"]}, "Structures connues : ", id="structure"),
        pytest.param({"mode": "courrier", "rediriger_vers": "a@b.fr"}, "Un essai se fait par e-mail", id="trial"),
    ],
)
def test_a_wrong_parameter_gives_one_clear_sentence(
    place: Workplace, parameters: dict[str, Any], sentence: str
) -> None:
    """It says what is wrong and what to do, and nothing is sent."""
    state = run(**parameters)
    assert state.is_failed()
    assert sentence in state.message
    assert place.relay.messages() == []


@pytest.fixture
def stay_in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
