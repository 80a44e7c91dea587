"""One real Prefect server for the test session, in a process and a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW,
    temporary_settings,
)

from benchmarks.quick import free_port

STARTING_SECONDS = 90
LOGIN = "facteur:a-password-for-the-tests"


@dataclass(frozen=True)
class PrefectServer:
    """A running server: where its API is, and the file of its database."""

    api: str
    database: Path

    @property
    def auth(self) -> tuple[str, str]:
        """The login, as a client of the API wants it."""
        user, _, password = LOGIN.partition(":")
        return user, password


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A Prefect server that flows called in this process, or in a process started by a test, report to."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    server = PrefectServer(f"http://127.0.0.1:{port}/api", home / "prefect.db")
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": server.api,
        "PREFECT_SERVER_API_AUTH_STRING": LOGIN,
        "PREFECT_API_AUTH_STRING": LOGIN,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("w") as log, pytest.MonkeyPatch.context() as patch:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            _wait(server, process, home / "log")
            chosen = {
                PREFECT_HOME: home,
                PREFECT_API_URL: server.api,
                PREFECT_API_AUTH_STRING: LOGIN,
                PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore",
            }
            with temporary_settings(chosen):
                yield server
                # What is still queued would wait for the server that is about to end.
                APILogWorker.drain_all()
                EventsWorker.drain_all()
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: PrefectServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.api}/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"the Prefect server did not start:\n{log.read_text()}")
