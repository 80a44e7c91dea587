"""A fault case as data: what goes wrong, what must be seen then, and what after everything is mended and retried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.bench import AFTER, BEFORE, VICTIM, Bench
from tests.faults.databases import POSTGRESQL, SQLITE
from tests.faults.orders import At
from tests.smtp_server.script import Rule

WAITING = "planned composed"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be seen: the state of the victim (one of these words) and its copies, and the states of the others.

    ``stopped``: whether the last run must have been stopped by a fault of the relay (None: not looked at).
    """

    state: str
    copies: int
    before: str = "accepted"
    after: str = "accepted"
    stopped: bool | None = None

    def missing(self, bench: Bench) -> list[str]:
        """What is not so."""
        wrong = []
        for who, address, wanted in (
            ("before it", BEFORE, self.before),
            ("the victim", VICTIM, self.state),
            ("after it", AFTER, self.after),
        ):
            state = bench.state(address)
            if state not in wanted.split():
                wrong.append(f"{who}: {state} instead of {wanted}")
        if bench.copies(VICTIM) != self.copies:
            wrong.append(f"{bench.copies(VICTIM)} copies instead of {self.copies}")
        if self.stopped is not None and bool(bench.ended[-1].stops) != self.stopped:
            wrong.append(f"the run {'was not' if self.stopped else 'was'} stopped: {bench.ended[-1].stops}")
        return wrong


HEALED = Expected("accepted", 1, stopped=False)


def run_once(bench: Bench, case: Case) -> None:
    """The ordinary play: the rules are in force, and one worker runs to its end, or to its death."""
    bench.run(*case.at)


def nothing_more(_: Bench) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table. ``number`` is the case's, ``name`` tells the variant; the victim is the second of three.

    ``play`` makes the fault happen, and after it ``seen`` must hold; then the relay is right again, a worker retries,
    and ``then`` must hold. ``relay`` gives arguments of the scripted server, and may enter what must live as long.
    ``pdf_bytes`` is how large an imported PDF the victim's invoice has (0: it is drawn).
    """

    number: int
    name: str
    seen: Expected
    then: Expected = HEALED
    rules: tuple[Rule, ...] = ()
    at: tuple[At, ...] = ()
    play: Callable[[Bench, Case], None] = run_once
    check: Callable[[Bench], list[str]] = nothing_more
    relay: Callable[[Path, ExitStack], dict[str, Any]] = field(default=lambda folder, stack: {})
    settings: Mapping[str, str] = field(default_factory=dict)
    pdf_bytes: int = 0
    databases: tuple[str, ...] = (SQLITE, POSTGRESQL)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
