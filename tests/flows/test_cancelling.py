"""Cancel, on a real Facteur with a real worker: who got an invoice stands on a page of the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli.commands.sample import write_sample
from tests.flows.facteur_process import Up, environment, facteur
from tests.smtp_server import Moment, Rule, ScriptedServer

MONTHLY = "/deployments/name/factures-mensuelles/facteur"
RESUMPTION = "/deployments/name/reprendre-les-differes/facteur"
PERIOD = "2024-09"
RESULT = f"1-a-lire-d-abord-factures-{PERIOD}"
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    with ScriptedServer(tmp_path_factory.mktemp("relay")) as server:
        yield server


@pytest.fixture(scope="module")
def running(relay: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A running Facteur that knows the sample association."""
    sending = {
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(relay.port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
    }
    up = Up.start(environment(tmp_path_factory.mktemp("facteur") / "var", sending))
    folder: Path = tmp_path_factory.mktemp("export")
    write_sample(folder)
    found = facteur("import", str(folder), env=up.env)
    assert found.returncode == 0, found.stdout + found.stderr
    yield up
    up.end()
    up.wait_until_nothing_is_left()


def until(condition: Callable[[], Any]) -> Any:
    """The first true value of ``condition``."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return found


def start(up: Up, deployment: str, **parameters: Any) -> str:
    found = up.api("GET", deployment).json()["id"]
    created = until(
        lambda: up.api("POST", f"/deployments/{found}/create_flow_run", {"parameters": parameters}).json().get("id")
    )
    return str(created)


def cancel(up: Up, run: str, kind: str) -> None:
    """What the button does: a run under way is left to its worker, one that waits is over at once."""
    state = {"state": {"type": kind, "name": kind.capitalize()}}
    assert up.api("POST", f"/flow_runs/{run}/set_state", state).json()["status"] == "ACCEPT"


def pages(up: Up, run: str) -> dict[str, str]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    found = up.api("POST", "/artifacts/filter", wanted).json()
    assert len({page["key"] for page in found}) == len(found)
    return {page["key"] or "": str(page["data"]) for page in found}


def test_a_campaign_that_is_cancelled_in_the_middle_says_who_got_an_invoice(running: Up, relay: ScriptedServer) -> None:
    """The worker publishes the page; Retry sends the rest, and brings that very page up to date."""
    relay.script(Rule(Moment.FINAL, seconds=0.4))
    run = start(running, MONTHLY, periode=PERIOD, relecture=False)
    until(lambda: len(relay.messages()) >= 5)
    cancel(running, run, "CANCELLING")
    state = until(lambda: running.final_state(run))
    assert state["type"] == "CANCELLED"
    page = pages(running, run)[RESULT]
    assert "**Envoi arrêté** : l'exécution a été annulée" in page
    assert "91 factures de septembre 2024 : " in page
    assert " en attente." in page
    assert "## Envoyées" in page

    relay.script()
    state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
    running.api("POST", f"/flow_runs/{run}/set_state", {"state": state, "force": True})
    ended = until(lambda: (found := running.final_state(run)) and found["type"] != "CANCELLED" and found)
    assert ended["type"] == "COMPLETED"
    page = pages(running, run)[RESULT]
    assert "Envoi arrêté" not in page
    assert "91 factures de septembre 2024 : 91 envoyées." in page


def test_a_review_that_is_cancelled_gets_its_page_from_the_next_resumption(running: Up) -> None:
    """No hook runs for it: it has no process."""
    run = start(running, MONTHLY, periode="2024-08")
    until(lambda: running.api("GET", f"/flow_runs/{run}").json()["state"]["name"] == "Suspended")
    cancel(running, run, "CANCELLED")
    assert set(pages(running, run)) == {"5-plan-factures-2024-08"}
    resumption = start(running, RESUMPTION)
    state = until(lambda: running.final_state(resumption))
    assert state["message"] == "Aucun envoi différé n'est à reprendre. Compte rendu publié : 1 exécution arrêtée."
    page = pages(running, run)["1-a-lire-d-abord-factures-2024-08"]
    assert "Rien n'est parti : la relecture n'a pas été validée." in page
    again = start(running, RESUMPTION)
    assert until(lambda: running.final_state(again))["message"] == "Aucun envoi différé n'est à reprendre."
