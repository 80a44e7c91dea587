"""What a clerk and an operator do at the screen, over Prefect's API alone: it holds for any version of Facteur."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.flows.facteur_process import Up

Found = TypeVar("Found")
RUN_SECONDS = 300.0  # a worker takes the run up and a process works, on a machine that is busy with other tests
ENDS = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Screen:
    """The screen of a running Facteur."""

    facteur: Up

    def deployments(self, flow: str) -> list[dict[str, Any]]:
        """The deployments of a flow, whatever they are called; the newest last."""
        wanted = {"flows": {"name": {"any_": [flow]}}}
        found: list[dict[str, Any]] = self._ask("POST", "/deployments/filter", wanted)
        return sorted(found, key=lambda deployment: str(deployment["created"]))

    def schedules(self, flow: str) -> list[dict[str, Any]]:
        """All schedules of a flow."""
        return [schedule for deployment in self.deployments(flow) for schedule in deployment["schedules"]]

    def set_schedule(self, flow: str, **changes: Any) -> None:
        """Change the one schedule of a flow."""
        (deployment,) = self.deployments(flow)
        (schedule,) = deployment["schedules"]
        self._ask("PATCH", f"/deployments/{deployment['id']}/schedules/{schedule['id']}", changes)

    def start(self, flow: str, **parameters: Any) -> str:
        """Press "Run"; the id of the run."""
        deployment = self.deployments(flow)[-1]
        run = self._ask("POST", f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run now."""
        state: dict[str, Any] = self._ask("GET", f"/flow_runs/{run}")["state"]
        return state

    def end_of(self, run: str) -> dict[str, Any]:
        """The state in which a run ends."""

        def ended() -> dict[str, Any] | None:
            state = self.state(run)
            return state if state["type"] in ENDS else None

        return until(ended, f"the run {run} has not ended")

    def run(self, flow: str, **parameters: Any) -> dict[str, Any]:
        """Press "Run" and wait; the state in which the run ends."""
        return self.end_of(self.start(flow, **parameters))

    def form(self, run: str) -> dict[str, Any]:
        """The fields of the form that a suspended run shows, by name."""

        def suspended() -> dict[str, Any] | None:
            state = self.state(run)
            assert state["type"] not in ENDS, state
            return state if state["type"] == "PAUSED" else None

        state = until(suspended, f"the run {run} shows no form")
        key = state["state_details"]["run_input_keyset"]["schema"]
        schema = json.loads(self.facteur.api("GET", f"/flow_runs/{run}/input/{key}").text)
        fields: dict[str, Any] = schema["properties"]
        return fields

    def answer(self, run: str, **typed: Any) -> None:
        """Press "Resume" in the form as it is shown, with what was typed."""
        held = {name: about["default"] for name, about in self.form(run).items() if about.get("default")}
        answered = self._ask("POST", f"/flow_runs/{run}/resume", {"run_input": held | typed})
        assert answered["status"] == "ACCEPT", answered

    def retry(self, run: str, *, force: bool = False) -> dict[str, Any]:
        """Press "Retry" and wait; ``force`` for a run that did not fail."""
        wanted = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": force}
        answered = self._ask("POST", f"/flow_runs/{run}/set_state", wanted)
        assert answered["status"] == "ACCEPT", answered
        return self.end_of(run)

    def pages(self, run: str) -> str:
        """All pages of a run, as one text without line breaks."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
        found = self._ask("POST", "/artifacts/filter", wanted)
        return " ".join(" ".join(str(page["data"]) for page in found).replace("<br>", " ").split())

    def _ask(self, method: str, path: str, json: object = None) -> Any:
        """Ask once more while the server says that its database is busy (503), as Prefect's own client does."""

        def answered() -> Any:
            response = self.facteur.api(method, path, json)
            return None if response.status_code == 503 else response

        response = until(answered, f"{path} is busy")
        assert response.is_success, (path, response.status_code, response.text)
        return response.json() if response.content else None


def until(condition: Callable[[], Found | None], what: str) -> Found:
    """The first thing that ``condition`` finds."""
    deadline = time.monotonic() + RUN_SECONDS
    while (found := condition()) is None:
        assert time.monotonic() < deadline, f"after {RUN_SECONDS:.0f} s {what}"
        time.sleep(0.3)
    return found
