"""purger-les-donnees on a real Prefect server: old runs go with all that belongs to them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.states import Completed, Suspended
from sqlalchemy import update

from flows.purge import purger_les_donnees
from models.database.schema import migrate
from models.database.session import writing
from models.tables.campaign import Campaign
from models.tables.delivery import Delivery
from settings.load import load_settings
from tasks.purging.limits import Limits
from tasks.purging.runs import find_runs
from tests.prefect_server import PrefectServer
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Moment, Rule
from tests.workplace import Workplace, add_structure


@task(name="a-step")
def a_step() -> None:
    get_run_logger().info("something to keep for a while")


@flow(name="to-be-purged")
def to_be_purged() -> State[Any]:
    a_step()
    create_markdown_artifact("a page", key="page-to-be-purged")
    return Completed(message="done")


@flow(name="of-somebody-else")
def of_somebody_else() -> State[Any]:
    return Completed(message="done")


@pytest.fixture
def place(
    prefect_server: PrefectServer,
    tmp_path: Path,
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
) -> Iterator[Workplace]:
    """A workplace, and a server where one flow is deployed under Facteur's name."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    migrate(load_settings().database)
    add_structure(load_settings().database)
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(client.create_flow(to_be_purged), name="facteur")
        yield Workplace(load_settings().database, relay)
        client.delete_deployment(deployment)


def later(months: int = 13) -> Limits:
    """The limits as they will be in so many months: what ends now is old then."""
    return Limits.of(load_settings().retention, datetime.now(UTC) + timedelta(days=31 * months))


def run_of(run_flow: Any) -> UUID:
    state = run_flow(return_state=True)
    assert state.is_completed()
    APILogWorker.drain_all()
    EventsWorker.drain_all()
    return UUID(str(state.state_details.flow_run_id))


def rows(server: PrefectServer, run: UUID) -> dict[str, int]:
    """What the server's database holds of a run."""
    queries = {
        "flow_run": "SELECT count(*) FROM flow_run WHERE id = ?",
        "task_run": "SELECT count(*) FROM task_run WHERE flow_run_id = ?",
        "log": "SELECT count(*) FROM log WHERE flow_run_id = ?",
        "artifact": "SELECT count(*) FROM artifact WHERE flow_run_id = ?",
    }
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as connection:
        return {table: connection.execute(query, (str(run),)).fetchone()[0] for table, query in queries.items()}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_an_old_run_goes_with_its_task_runs_logs_and_pages(place: Workplace, prefect_server: PrefectServer) -> None:
    """Nothing of it stays in the server's database, the latest page under its key included."""
    run = run_of(to_be_purged)
    until(lambda: all(rows(prefect_server, run).values()))
    expired = find_runs(load_settings(), later())
    assert expired.count >= 1
    assert expired.oldest
    assert expired.newest
    assert expired.oldest <= expired.newest
    assert all(rows(prefect_server, run).values())
    expired.remove()
    until(lambda: not any(rows(prefect_server, run).values()))
    assert find_runs(load_settings(), later()).count == 0
    expired.remove()  # again: nothing, and no fault


def test_recent_runs_waiting_runs_and_those_of_others_stay(place: Workplace, prefect_server: PrefectServer) -> None:
    """Eleven months are not twelve; a review may be answered; the server may serve other flows."""
    recent, foreign = run_of(to_be_purged), run_of(of_somebody_else)
    assert find_runs(load_settings(), later(11)).count == 0
    with get_client(sync_client=True) as client:
        waiting = client.create_flow_run(to_be_purged).id
        client.set_flow_run_state(waiting, Suspended(timeout_seconds=3600), force=True)
    find_runs(load_settings(), later()).remove()
    assert [rows(prefect_server, run)["flow_run"] for run in (recent, foreign, waiting)] == [0, 1, 1]


def test_the_run_of_a_campaign_that_is_not_finished_stays(place: Workplace, prefect_server: PrefectServer) -> None:
    """Its Retry takes up what waits; when nothing does any more, it goes."""
    place.add_resident("Aubert", "aubert@example.org")
    place.relay.script(Rule(Moment.RCPT, "451 4.2.2 full"))
    run = run_of(to_be_purged)
    assert place.run(str(run)) == ["Différé"]
    expired = find_runs(load_settings(), later())
    assert expired.held == 1
    expired.remove()
    assert rows(prefect_server, run)["flow_run"] == 1
    with writing(place.database) as session:
        assert session.query(Campaign).count() == 1
        session.execute(update(Delivery).values(state="abandoned"))
    find_runs(load_settings(), later()).remove()
    assert rows(prefect_server, run)["flow_run"] == 0


def test_the_flow_shows_first_and_removes_when_told(place: Workplace) -> None:
    """The preview says how to go on; both leave a page."""
    place.add_resident("Aubert", "aubert@example.org")
    place.run(str(uuid4()))
    with writing(place.database) as session:
        session.execute(update(Delivery).values(changed_at=datetime(2020, 1, 1, tzinfo=UTC)))
    shown = purger_les_donnees(return_state=True)
    assert shown.message == (
        "À supprimer : 1 message. Rien n'a été supprimé : pour le faire, relancez avec « appliquer »."
    )
    done = purger_les_donnees(appliquer=True, return_state=True)
    assert done.message == "Supprimé : 1 message."
    assert "| Messages envoyés | 24 mois | 1 | 0,0 Mo | 01/01/2020" in _page(shown)
    assert "**Aperçu : rien n'a été supprimé.**" in _page(shown)
    assert "**Ce qui suit a été supprimé.**" in _page(done)


def _page(state: State[Any]) -> str:
    with get_client(sync_client=True) as client:
        (page,) = client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(str(state.state_details.flow_run_id))])
            )
        )
    return str(page.data)
