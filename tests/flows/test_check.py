"""verifier-la-configuration against a real Prefect server, with the SMTP servers that are set on its screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.checking import verifier_la_configuration
from models.database.clock import utc_now
from models.database.schema import migrate
from models.database.session import writing
from models.tables.import_run import ImportRun
from settings.load import load_settings
from settings.smtp_server import SmtpServer
from tasks.checking.configuration import check_configuration
from tasks.checking.result import Light
from tests.prefect_server import LOGIN, PrefectServer
from tests.smtp_server.process import ScriptedServer
from tests.workplace import Workplace, add_structure

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def office(
    tmp_path: Path,
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Workplace:
    """A workplace whose SMTP server is a block of its association."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    monkeypatch.delenv("FACTEUR_SMTP__HOST")
    database = load_settings().database
    migrate(database)
    add_structure(database)
    with writing(database) as session:
        session.add(ImportRun(imported_at=utc_now(), source="essai"))
    office = Workplace(database, relay)
    office.add_resident("Mailly", "josiane@example.org")
    SmtpServer(host="127.0.0.1", port=relay.port, security="none", mechanism="NONE").save("smtp-amis", overwrite=True)
    return office


def page(flow_run_id: UUID | None) -> str:
    assert flow_run_id is not None
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        )
    assert artifact.key == "configuration"
    return str(artifact.data)


def test_all_green_is_completed_with_the_table(office: Workplace) -> None:
    """The block is named as the place where the server was set; nothing is sent."""
    state = verifier_la_configuration(return_state=True)
    assert state.is_completed(), state.message
    assert (state.message or "").startswith("Tout est vert")
    table = page(state.state_details.flow_run_id)
    assert "| Quoi | État | Que faire |" in table
    assert "bloc smtp-amis" in table
    assert "🔴" not in table
    assert office.relay.messages() == []


def test_a_red_line_is_failed_with_what_to_do(office: Workplace) -> None:
    """The message holds the red line; the lines behind it are shown as unchecked."""
    office.relay.stop()
    state = verifier_la_configuration(structures=["TILLEULS"], return_state=True)
    assert state.is_failed()
    assert "refuse la connexion" in (state.message or "")
    assert "pare-feu" in (state.message or "")
    table = page(state.state_details.flow_run_id)
    assert "🔴 rouge" in table
    assert "⚪ non vérifié" in table


def test_a_structure_without_a_server_is_red_and_the_others_are_checked(office: Workplace) -> None:
    """Its line names the block to make; the block of reminders is tried too."""
    with writing(office.database) as session:
        from models.tables.organisation import Association, Structure

        other = Association(code="autres", name="Les Autres")
        session.add(
            Structure(association=other, code="ACACIAS", name="EHPAD Acacias", sender_email="a@acacias.example")
        )
    SmtpServer(host="nulle-part.invalid", security="starttls", mechanism="NONE").save(
        "smtp-tilleuls-relances", overwrite=True
    )
    report = check_configuration()
    relays = {(f.about, f.light) for f in report.findings if f.key == "relay"}
    assert ("ACACIAS", Light.RED) in relays
    assert (f"127.0.0.1:{office.relay.port}", Light.GREEN) in relays
    assert any("smtp-autres" in f.remedy for f in report.findings)
    names = {f.about: f.light for f in report.findings if f.key == "relay-name"}
    assert names["nulle-part.invalid:587"] is Light.RED
    assert names["ACACIAS"] is Light.UNCHECKED
    SmtpServer.delete("smtp-tilleuls-relances")


def test_a_server_that_does_not_answer_is_red(office: Workplace) -> None:
    """And the SMTP servers that it keeps cannot be known."""
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        report = check_configuration()
    lights = {f.key: f.light for f in report.findings}
    assert lights["server"] is Light.RED
    assert lights["relay"] is Light.RED
    assert lights["relay-login"] is Light.UNCHECKED
    assert lights["wording"] is Light.GREEN


def test_the_command_finds_the_servers_of_the_screen(office: Workplace, prefect_server: PrefectServer) -> None:
    """In a process of its own, with the port of ``facteur up`` alone to go by; and without a server it says so."""
    port = prefect_server.api.split(":")[2].split("/")[0]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_API")}
    for served, code, words in ((port, 0, "bloc smtp-amis"), ("9", 1, "facteur up")):
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", "check"],
            env=surroundings
            | {"PYTHONPATH": str(ROOT), "FACTEUR_SERVER__PORT": served, "FACTEUR_SERVER__LOGIN": LOGIN},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert words in done.stdout
