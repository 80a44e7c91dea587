"""Real flow runs on a real Prefect server: killed at each point of a mail, then retried, as a worker does.

``python -m tests.faults.flow_runs``: the same rows as the table's cases 1 to 7, with Prefect's part in it: the run is
set to be retried after the process died, and its final state and counts are read from the server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
from prefect.states import AwaitingRetry

from benchmarks.quick import free_port
from flows.cli.machine.surroundings import ALWAYS, DEFAULTS
from flows.invoices import factures_mensuelles
from tests.faults.bench import Bench
from tests.faults.databases import POSTGRESQL, SQLITE, Databases
from tests.smtp_server.process import ROOT, ScriptedServer

STARTING_SECONDS = 120.0
LONGEST_SECONDS = 180.0

SENT, WAITING = "accepted", "planned"
ALL_SENT = (SENT, SENT, SENT)

# Point, which time; states of the three deliveries and copies after the kill, and after the retry; how the run ends.
# A run composes ahead: which of the three is killed is chance, how many are in which state is not.
KILLS: tuple[tuple[str, int, tuple[str, ...], int, tuple[str, ...], int, str], ...] = (
    ("planned", 1, (WAITING, WAITING, WAITING), 0, ALL_SENT, 3, "COMPLETED"),
    ("composed", 1, (WAITING, WAITING, WAITING), 0, ALL_SENT, 3, "COMPLETED"),
    ("claimed", 2, (SENT, "claimed", WAITING), 1, ALL_SENT, 3, "COMPLETED"),
    ("body-sent", 2, (SENT, "claimed", WAITING), 1, ALL_SENT, 3, "COMPLETED"),
    ("handing-over", 2, (SENT, "handing_over", WAITING), 1, (SENT, SENT, "uncertain"), 2, "FAILED"),
    ("replied", 2, (SENT, "handing_over", WAITING), 2, (SENT, SENT, "uncertain"), 3, "FAILED"),
    ("settled", 2, (SENT, SENT, WAITING), 2, ALL_SENT, 3, "COMPLETED"),
)


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as name, prefect_server(Path(name)):
        databases = Databases(Path(name))
        try:
            for kind in (SQLITE, POSTGRESQL):
                for kill in KILLS:
                    with databases.fresh(kind) as url:
                        began = time.monotonic()
                        faults = killed_and_retried(url, *kill)
                    holds = "yes" if not faults else "NO"
                    print(f"{kill[0]:14}{kind:12}{holds:5}{time.monotonic() - began:.1f} s", *faults, sep="\n  ")
                    wrong += len(faults)
        finally:
            databases.close()
    return 1 if wrong else 0


def killed_and_retried(
    url: str,
    point: str,
    at: int,
    killed: tuple[str, ...],
    copies_then: int,
    retried: tuple[str, ...],
    copies: int,
    ends: str,
) -> list[str]:
    """Start a flow run, let it die at ``point``, retry it; what did not hold."""
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as name, ScriptedServer(Path(name) / "relay") as relay:
        bench = Bench(Path(name), url, relay)
        bench.furnish()
        flow_run = new_run()
        code = run_process(bench, flow_run, point, str(at))
        faults = [] if code == -9 else [f"the process was not killed at {point}: {code}"]
        if seen(bench) != (sorted(killed), copies_then):
            faults.append(f"killed: {seen(bench)}")
        faults += bench.broken()
        set_to_retry(flow_run)
        code = run_process(bench, flow_run)
        state = final_state(flow_run)
        if code or state.type.value != ends:
            faults.append(f"the run ended {state.type.value}, code {code}: {state.message}")
        if seen(bench) != (sorted(retried), copies):
            faults.append(f"retried: {seen(bench)}")
        return faults + bench.broken(leases_over=True)


def seen(bench: Bench) -> tuple[list[str], int]:
    """The states of all deliveries, and how many copies the relay has stored."""
    return sorted(str(delivery.state) for delivery in bench.office.deliveries()), len(bench.relay.messages())


def new_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.create_flow_run(factures_mensuelles, parameters={"periode": "2024-09", "relecture": False})


def set_to_retry(flow_run: FlowRun) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, AwaitingRetry(), force=True)


def final_state(flow_run: FlowRun) -> State[Any]:
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(flow_run.id).state
    assert state is not None
    return state


def run_process(bench: Bench, flow_run: FlowRun, *order: str) -> int:
    """The process of the run, from its start to its end or death; its exit code."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}
    environment = foreign | bench.environment() | {"PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "tests.faults.flow_process", str(flow_run.id), *order]
    return subprocess.run(command, env=environment, cwd=bench.folder, timeout=LONGEST_SECONDS, check=False).returncode


@contextmanager
def prefect_server(folder: Path) -> Iterator[None]:
    """A Prefect server as ``facteur up`` sets it, for this process and those that it starts."""
    port, home = free_port(), folder / "prefect"
    home.mkdir()
    api = f"http://127.0.0.1:{port}/api"
    os.environ.update({**DEFAULTS, **ALWAYS, "PREFECT_HOME": str(home), "PREFECT_API_URL": api})
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "prefect.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + STARTING_SECONDS
        while not healthy(api):
            assert process.poll() is None, (folder / "prefect.log").read_text()
            assert time.monotonic() < deadline, (folder / "prefect.log").read_text()
            time.sleep(0.2)
        with temporary_settings({PREFECT_HOME: home, PREFECT_API_URL: api}):
            yield
    finally:
        process.terminate()
        process.wait()


def healthy(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
