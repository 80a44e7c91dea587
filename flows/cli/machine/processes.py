"""The processes of one Facteur: each with its log, all of them ended together, whatever ends this one."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from flows.cli.machine.log_files import LogFiles
from flows.cli.machine.marked_processes import VARIABLE, end_all
from models.database.clock import utc_now


class Processes:
    """Starts processes whose output goes to ``logs``; leaving the context ends them and all that they started.

    ``held`` are open files that stay open until the last process is gone, also when this one is killed.
    """

    def __init__(self, logs: Path, held: Sequence[int] = ()) -> None:
        self.logs = logs
        self._files = LogFiles(logs)
        self._held = held
        self._mark = secrets.token_hex(8)
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._watchdog = subprocess.Popen(  # noqa: S603  our own command, no shell
            [sys.executable, "-m", "flows.cli.machine.watchdog", self._mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=self._held,
            start_new_session=True,
        )
        return self

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start ``command`` as the part ``name``, apart from this terminal's Ctrl-C."""
        self._files.turn([name], utc_now())
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  our own commands, no shell
                command,
                env={**environment, VARIABLE: f"{self._mark}:{name}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started[name] = process
        return process

    def log(self, name: str) -> Path:
        """The file that the part's output goes to."""
        return self._files.path(name)

    def turn_logs(self) -> None:
        """Keep the logs of what runs within bounds; cheap, to be called often."""
        self._files.turn(self._started, utc_now())

    def ended(self) -> str | None:
        """The name of a part that ended by itself; None while all of them run."""
        return next((name for name, process in self._started.items() if process.poll() is not None), None)

    def forget(self, name: str) -> None:
        """Expect no longer that the part runs: its work is done."""
        del self._started[name]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_all(self._mark)
        for process in self._started.values():
            process.wait()
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog.wait()


def python(*words: str) -> list[str]:
    """The command that runs a Python module with this very interpreter, whatever the PATH says."""
    return [sys.executable, "-m", *words]


def inherited() -> dict[str, str]:
    """The environment of this process, without what would tie children to another Prefect."""
    return {name: value for name, value in os.environ.items() if name not in {"PREFECT_PROFILE", "PREFECT_API_KEY"}}
