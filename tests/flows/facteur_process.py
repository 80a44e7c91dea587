"""The command ``facteur`` as a real process, in a folder and on ports of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpx

PROJECT = Path(__file__).parents[2]
READY = "Facteur est prêt"
STARTING_SECONDS = 120.0
ENDING_SECONDS = 30.0


def unused_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def environment(var: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a user who has set nothing but the folder, the ports and ``changes``."""
    foreign = ("FACTEUR_", "PREFECT_", "DO_NOT_TRACK")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "FACTEUR_VAR": str(var),
        "FACTEUR_SERVER__PORT": str(unused_port()),
        "FACTEUR_SERVER__MAILBOX_PORT": str(unused_port()),
        "PYTHONUNBUFFERED": "1",
        **(changes or {}),
    }


def facteur(
    *words: str, env: Mapping[str, str], seconds: float = STARTING_SECONDS, project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; ``project`` may be another tree of Facteur than this one."""
    return subprocess.run(
        [sys.executable, "-m", "flows", *words],
        env=env,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@dataclass
class Up:
    """A running ``facteur up``; ``lines`` is what it has printed."""

    env: Mapping[str, str]
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _reader: Thread = field(init=False)

    @classmethod
    def start(cls, env: Mapping[str, str], until: str = READY, project: Path = PROJECT) -> Up:
        """Start it and wait until it says that it is ready, or whatever ``until`` is."""
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", "up"],
            env=env,
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        up = cls(env, process)
        queue: SimpleQueue[str] = SimpleQueue()
        up._reader = Thread(target=up._read, args=(queue,), daemon=True)
        up._reader.start()
        deadline = time.monotonic() + STARTING_SECONDS
        while not any(until in line for line in up.lines):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError("facteur up is not ready:\n" + "\n".join(up.lines))
            try:
                queue.get(timeout=0.2)
            except Empty:
                continue
        return up

    def _read(self, queue: SimpleQueue[str]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())
                queue.put(line)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.env['FACTEUR_SERVER__PORT']}"

    @property
    def login(self) -> str:
        """What a person types: the operator's own login, or the one that the start made."""
        made = Path(self.env["FACTEUR_VAR"]) / "prefect" / "login"
        return self.env.get("FACTEUR_SERVER__LOGIN") or made.read_text(encoding="utf-8").strip()

    def api(self, method: str, path: str, json: object = None, login: str | None = None) -> httpx.Response:
        """Ask the API, with its own login, or another "user:password"; "" is none."""
        user, _, password = (self.login if login is None else login).partition(":")
        return httpx.request(
            method, f"{self.address}/api{path}", json=json, auth=(user, password) if user else None, timeout=30
        )

    def final_state(self, run: str) -> dict[str, Any] | None:
        """The state of a flow run once it has ended."""
        state: dict[str, Any] = self.api("GET", f"/flow_runs/{run}").json()["state"]
        return state if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended by itself and all that it printed is read; the exit code."""
        code = self.process.wait(ENDING_SECONDS)
        self._reader.join()
        return code

    def traces(self) -> list[str]:
        """The command lines of all living processes that belong to this folder, whoever started them."""
        wanted = f"FACTEUR_VAR={self.env['FACTEUR_VAR']}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + ENDING_SECONDS
        while left := self.traces():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
