"""Finding and ending all processes of one Facteur, the flow runs that its worker started included.

Each carries a mark in its environment, which its children inherit: a flow run's process leads a session of its own, so
neither a process group nor the parent's id leads to it once its worker is dead. Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

VARIABLE = "FACTEUR_MARK"
WORKER = "worker"
GRACE_SECONDS = 10.0


def marked(mark: str) -> dict[int, str]:
    """The living processes with the mark, and the name of the part each belongs to."""
    wanted = f"{VARIABLE}={mark}:".encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile, or somebody else's
                for variable in (entry / "environ").read_bytes().split(b"\0"):
                    if variable.startswith(wanted):
                        found[int(entry.name)] = variable.removeprefix(wanted).decode()
    return found


def end_all(mark: str) -> None:
    """End every process with the mark: first the worker and its runs, which report their end to the server, then it."""
    _end(lambda: [pid for pid, name in marked(mark).items() if name == WORKER])
    _end(lambda: list(marked(mark)))


def _end(find: Callable[[], list[int]]) -> None:
    asked: set[int] = set()
    deadline = time.monotonic() + GRACE_SECONDS
    while pids := find():
        late = time.monotonic() > deadline
        for pid in pids:
            if late or pid not in asked:
                asked.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.05)
