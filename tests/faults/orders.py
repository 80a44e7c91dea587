"""What a worker process is told to do, and what it leaves behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from models.database.session import BUSY_SECONDS
from models.values.kinds import Settlement


class Deed(StrEnum):
    """What happens to a worker at a point of its way."""

    KILL = "kill"  # SIGKILL, by its own hand: exactly there
    STOP = "stop"  # SIGSTOP: it sleeps until the bench wakes it
    WAIT = "wait"  # it goes on when the bench says so
    FULL = "full"  # from here on no file of this process may grow: a full disk, until the bench says so


@dataclass(frozen=True, slots=True)
class At:
    """One deed, at the ``time``-th time that a point of ``tasks.failpoints`` is reached."""

    point: str
    deed: Deed = Deed.KILL
    time: int = 1


@dataclass(frozen=True, slots=True)
class Orders:
    """One worker process.

    ``environment`` holds Facteur's settings; ``flow_run`` names the campaign, which is planned and chosen if it is not
    yet. ``clock_days`` is how wrong this machine's clock is. ``record_for`` and ``busy`` are how many seconds
    the ledger is asked again after a reply (shorter than in production), and how many SQLite waits for its lock.
    ``ahead``: compose ahead, as a run does; otherwise messages leave in the campaign's order.
    """

    folder: Path
    environment: Mapping[str, str]
    flow_run: str
    deeds: tuple[At, ...] = ()
    clock_days: float = 0.0
    record_for: float = 3.0
    busy: int = BUSY_SECONDS
    second_look: bool = True
    ahead: bool = False
    decide: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: its exit code (-9: killed), the states of its task runs, why it stopped."""

    code: int | None
    states: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    error: str = ""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({"states": self.states, "stops": self.stops, "error": self.error}))

    @classmethod
    def read(cls, path: Path, code: int | None) -> Ended:
        known = json.loads(path.read_text()) if path.exists() else {}
        return cls(code, tuple(known.get("states", ())), tuple(known.get("stops", ())), known.get("error", ""))


@dataclass(slots=True)
class Marks:
    """Files through which a worker and the bench meet at a point."""

    folder: Path
    met: dict[str, int] = field(default_factory=dict)

    def reached(self, point: str) -> Path:
        return self.folder / f"reached.{point}"

    def go(self, point: str) -> Path:
        return self.folder / f"go.{point}"
