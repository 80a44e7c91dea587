"""Prefect's automations start ``avertir``: a real server, a real worker, and a mail at a real SMTP server."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Failed, Paused, Running, Scheduled, Suspended

from flows.cli.commands.automations import bring_up_to_date
from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.watches import Watch, watches
from flows.invoices import factures_mensuelles
from flows.notices import avertir
from models.database.schema import migrate
from tasks.notices.operator import Reason
from tests.prefect_server import PrefectServer
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Moment, Rule
from tests.workplace import add_structure

ROOT = Path(__file__).parents[2]
DEPLOYMENT = "avertir/essai"
SOON = timedelta(seconds=10)
OPERATOR = "exploitation@example.org"


@dataclass(frozen=True)
class Watched:
    """A server whose runs are watched, and the relay that the notices go through."""

    relay: ScriptedServer
    settings: dict[str, str]

    def mails(self) -> list[Any]:
        parsed = [email.message_from_bytes(m.content, policy=email.policy.default) for m in self.relay.messages()]
        return [(m, m.get_body(("plain",)).get_content()) for m in parsed]

    def about(self, run: UUID) -> list[Any]:
        return [mail for mail, body in self.mails() if str(run) in body]


@pytest.fixture(scope="module")
def watched(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("notices")
    pool = f"notices-{uuid4().hex[:8]}"
    with ScriptedServer(folder / "relay") as relay:
        settings = {
            "FACTEUR_VAR": str(folder / "var"),
            "FACTEUR_DATABASE_URL": f"sqlite:///{folder / 'facteur.db'}",
            "FACTEUR_SMTP__HOST": "127.0.0.1",
            "FACTEUR_SMTP__PORT": str(relay.port),
            "FACTEUR_SMTP__SECURITY": "none",
            "FACTEUR_NOTICES__OPERATOR": OPERATOR,
            "FACTEUR_NOTICES__SENDER": "facteur@example.org",
        }
        migrate(settings["FACTEUR_DATABASE_URL"])
        add_structure(settings["FACTEUR_DATABASE_URL"])
        with get_client(sync_client=True) as client:
            client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
        deployable: Any = flow.from_source(source=str(ROOT), entrypoint="flows/notices.py:avertir")
        deployable.deploy(name="essai", work_pool_name=pool, build=False, push=False, print_next_steps=False)
        bring_up_to_date(watches(review_after=SOON, late_after=SOON), DEPLOYMENT)
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool, "--type", "process"]
        environment = (
            os.environ | settings | {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_API_URL": prefect_server.api}
        )
        with (folder / "worker.log").open("w") as log:
            worker = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield Watched(relay, settings)
        finally:
            worker.terminate()
            try:
                worker.wait(timeout=20)
            except subprocess.TimeoutExpired:  # it waits for a run that nobody needs any more
                worker.kill()
                worker.wait()
            with get_client(sync_client=True) as client:
                for watch in watches(SOON, SOON):
                    for found in client.read_automations_by_name(watch.name):
                        client.delete_automation(found.id)
                client.delete_deployment(client.read_deployment_by_name(DEPLOYMENT).id)


@pytest.fixture
def here(watched: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watched:
    """The same settings for the flows that a test calls itself."""
    monkeypatch.chdir(tmp_path)
    for name, value in watched.settings.items():
        monkeypatch.setenv(name, value)
    return watched


def until(condition: Callable[[], Any], seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return found


def a_run(state: State[Any]) -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.create_flow_run(factures_mensuelles, name="Factures d'essai", state=state)


def move(run: FlowRun, state: State[Any]) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, state, force=True)


def asked_about(run: UUID) -> list[str]:
    """The reasons of the runs of ``avertir`` about this one."""
    return [str(found.parameters["raison"]) for found in _runs_about(run)]


def test_a_run_that_fails_reaches_the_operator(here: Watched) -> None:
    """Which run, its message, what to do and where: one mail, though the automation may fire twice."""
    state = factures_mensuelles(periode="septembre", return_state=True)
    assert state.is_failed()
    run = state.state_details.flow_run_id
    (mail,) = until(lambda: here.about(run))
    assert (mail["To"], mail["From"]) == (OPERATOR, "Facteur <facteur@example.org>")
    assert mail["Subject"] == "[Facteur] Échec : Factures septembre · toutes les structures"
    body = mail.get_body(("plain",)).get_content()
    assert "Message de l'exécution : La période « septembre » n'est pas reconnue" in body
    assert f"/runs/flow-run/{run}" in body
    assert "« Retry »" in body
    until(lambda: _label(run))
    again = avertir(str(run), Reason.FAILED, return_state=True)
    assert (again.type.value, again.message) == (
        "COMPLETED",
        "Déjà prévenu de l'exécution « Factures septembre · toutes les structures ».",
    )
    assert len(here.about(run)) == 1


def _label(run: UUID) -> Any:
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run).labels.get("facteur.avis.failed")


def test_who_waits_and_what_does_not_start_is_told_and_nothing_else_is(here: Watched) -> None:
    """A review left alone and a run that is late fire; one that went on in time does not, nor another flow's."""
    forgotten, answered, late = a_run(Scheduled()), a_run(Scheduled()), a_run(_past())
    for run in (forgotten, answered):
        move(run, Running())
        move(run, Suspended(timeout_seconds=3600))
    move(answered, Running())
    other = _another_flow_that_fails()
    until(lambda: here.about(forgotten.id) and here.about(late.id))
    assert [mail["Subject"] for mail in here.about(forgotten.id)] == [
        "[Facteur] En attente de relecture : Factures d'essai"
    ]
    assert [mail["Subject"] for mail in here.about(late.id)] == ["[Facteur] Pas démarrée : Factures d'essai"]
    assert asked_about(forgotten.id) == ["relecture en attente"]
    assert asked_about(late.id) == ["pas démarrée"]
    assert asked_about(answered.id) == []
    assert asked_about(other) == []


def _past() -> State[Any]:
    return Scheduled(scheduled_time=datetime.now(UTC) - timedelta(minutes=1))


def _another_flow_that_fails() -> UUID:
    @flow(name="somebody-elses")
    def somebody_elses() -> State[Any]:
        return Failed(message="not ours")

    return somebody_elses(return_state=True).state_details.flow_run_id


def test_a_notice_that_fails_asks_for_no_other(here: Watched) -> None:
    """The relay refuses: the run of ``avertir`` is red and says why, and no automation answers it."""
    run = a_run(Scheduled())
    move(run, Paused())
    here.relay.script(Rule(Moment.RCPT, "550 5.1.1 unknown"))
    try:
        state = avertir(str(run.id), Reason.REVIEW, return_state=True)
        assert state.is_failed()
        assert state.message == f"Non prévenu : {OPERATOR} (127.0.0.1 : 550 5.1.1 unknown)."
    finally:
        here.relay.script()
    told = a_run(Scheduled())
    move(told, Failed(message="ours"))
    until(lambda: here.about(told.id))  # whatever the server had to answer before is answered by now
    assert asked_about(state.state_details.flow_run_id) == []


def test_a_notice_that_no_relay_takes_is_tried_again_later(here: Watched) -> None:
    """The relay that stopped the campaign stops the notice too: the run is red, and another one is planned."""
    here.relay.script(Rule(Moment.MAIL, "451 4.3.0 out of order"))
    try:
        run = a_run(Scheduled())
        move(run, Failed(message="ours"))
        first = until(lambda: _ended(run.id))
    finally:
        here.relay.script()
    assert first.state.is_failed()
    assert first.state.message.startswith(f"Non prévenu : {OPERATOR} (127.0.0.1 : 451 4.3.0 out of order).")
    assert " Nouvel essai le " in first.state.message
    (second,) = [found for found in _runs_about(run.id) if found.id != first.id]
    assert second.parameters == first.parameters | {"essai": 2}
    assert timedelta(minutes=14) < second.next_scheduled_start_time - datetime.now(UTC) < timedelta(minutes=15)


def _runs_about(run: UUID) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return [found for found in client.read_flow_runs() if found.parameters.get("execution") == str(run)]


def _ended(run: UUID) -> FlowRun | None:
    return next((found for found in _runs_about(run) if found.state and found.state.is_final()), None)


def test_what_went_on_meanwhile_is_not_told(here: Watched) -> None:
    """Somebody pressed Retry before the notice left."""
    run = a_run(Running())
    state = avertir(str(run.id), Reason.FAILED, return_state=True)
    assert state.is_completed()
    assert state.message == "L'exécution « Factures d'essai » a continué entre-temps : personne n'est à prévenir."
    assert here.about(run.id) == []


@pytest.mark.parametrize("execution", [str(uuid4()), "not-an-id"])
def test_a_run_that_is_not_there_is_no_failure(here: Watched, execution: str) -> None:
    """It was removed meanwhile, or written by hand."""
    state = avertir(execution, Reason.FAILED, return_state=True)
    assert state.is_completed()
    assert state.message == "L'exécution n'existe pas, ou plus : personne n'est à prévenir."


@pytest.mark.parametrize(
    ("unset", "kind", "said"),
    [
        pytest.param("OPERATOR", "COMPLETED", "Aucun destinataire réglé (FACTEUR_NOTICES__OPERATOR).", id="nobody"),
        pytest.param(
            "SENDER",
            "FAILED",
            "Aucun expéditeur réglé (FACTEUR_NOTICES__SENDER) : personne n'est prévenu.",
            id="no sender",
        ),
    ],
)
def test_what_is_not_set_is_said(
    here: Watched, monkeypatch: pytest.MonkeyPatch, unset: str, kind: str, said: str
) -> None:
    """Who wants no notices has no red runs; who forgot half of it has."""
    monkeypatch.delenv(f"FACTEUR_NOTICES__{unset}")
    state = avertir(str(uuid4()), Reason.FAILED, return_state=True)
    assert (state.type.value, state.message) == (kind, said)


def test_every_operator_gets_a_mail_of_his_own(here: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several addresses are several messages."""
    monkeypatch.setenv("FACTEUR_NOTICES__OPERATOR", "un@example.org, deux@example.org")
    run = a_run(Scheduled())
    move(run, Paused())
    state = avertir(str(run.id), Reason.REVIEW, return_state=True)
    assert state.message == "Prévenu : un@example.org, deux@example.org."
    assert [mail["To"] for mail in here.about(run.id)] == ["un@example.org", "deux@example.org"]


def test_automations_are_made_once(watched: Watched) -> None:
    """Again changes nothing; a changed setting changes one; what a person switched off stays off."""
    wanted = watches(SOON, SOON)
    assert bring_up_to_date(wanted, DEPLOYMENT) == []
    late = wanted[2]
    with get_client(sync_client=True) as client:
        (before,) = client.read_automations_by_name(late.name)
        client.pause_automation(before.id)
        assert bring_up_to_date(watches(SOON, SOON + SOON), DEPLOYMENT) == [late.name]
        (after,) = client.read_automations_by_name(late.name)
        assert (after.id, after.enabled, after.trigger.within) == (before.id, False, SOON + SOON)  # type: ignore[union-attr]
        assert bring_up_to_date(wanted, DEPLOYMENT) == [late.name]
        client.resume_automation(before.id)
        assert [len(client.read_automations_by_name(watch.name)) for watch in wanted] == [1, 1, 1]


def test_avertir_is_watched_by_nobody() -> None:
    """A notice that fails must not ask for another one."""
    assert all("avertir" not in watch.flows for watch in watches(SOON, SOON))


def test_without_the_deployment_the_command_says_what_to_do(prefect_server: PrefectServer) -> None:
    """One French line."""
    watch = Watch("n", "d", "échec", ("f",), ("Failed",))
    with pytest.raises(CannotGoOnError, match="« avertir/nulle-part » n'est pas en place : lancez « facteur up »"):
        bring_up_to_date((watch,), "avertir/nulle-part")
