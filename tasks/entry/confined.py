"""Files that others made are opened in a process beside, with a bound on its memory and a deadline for each file.

A 5 kB PDF may unfold to gigabytes, a workbook may bring the library that reads it down: that ends the process beside,
and is a fault of the file. The process gets neither Facteur's settings nor Prefect's, whose secrets it does not need.
It has the rights of the account all the same: this holds a machine up, it does not lock a burglar in.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

STARTING_SECONDS = 60.0
_SECRETS = ("FACTEUR_", "PREFECT_", "PGPASSWORD")
_MARK = "FACTEUR_MARK"  # by which `facteur up` finds what it has to end

P = ParamSpec("P")
T = TypeVar("T")


class Lost:
    """The answer for a file that took more memory or time than it may, or brought the process down."""


class Confined:
    """Calls functions in one process beside, started when it is first needed, and again after a file that ended it.

    ``memory_bytes`` bounds all that the process may address, its program included; ``seconds`` is for one call. Only
    one thread may use it. What goes in and comes out is pickled: module-level functions, plain values.
    """

    def __init__(self, memory_bytes: int, seconds: float) -> None:
        self._memory_bytes, self._seconds = memory_bytes, seconds
        self._pipe: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def call(self, function: Callable[P, T], *arguments: P.args, **names: P.kwargs) -> T | Lost:
        """What the function returns or raises, as if it were called here; Lost when it cannot be had within bounds."""
        pipe = self._pipe or self._start()
        try:
            pipe.send((function, arguments, names, self._seconds))
            if not pipe.poll(self._seconds):
                self._end()
                return Lost()
            returned, outcome = pipe.recv()
        except (EOFError, OSError):
            self._end()
            return Lost()
        except BaseException:  # cancelled: the answer that is still to come must not be taken for the next one's
            self._end()
            raise
        if not returned:
            raise outcome
        answer: T = outcome
        return answer

    def _start(self) -> Connection:
        pipe, theirs = Pipe()
        self._process = subprocess.Popen(  # noqa: S603  our own code, no shell
            [sys.executable, "-m", "tasks.entry.confined", str(theirs.fileno()), str(self._memory_bytes)],
            env={name: value for name, value in os.environ.items() if name == _MARK or not name.startswith(_SECRETS)},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what a library says of a file would stay in a log
        )
        theirs.close()
        self._pipe = pipe
        try:
            if pipe.poll(STARTING_SECONDS):
                pipe.recv()
                return pipe
        except (EOFError, OSError):
            pass
        self._end()
        raise RuntimeError("the process that opens files did not start: python -m tasks.entry.confined")

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
            self._process.kill()
            self._process.wait()


def _work(pipe: Connection, memory_bytes: int) -> None:
    """One call after the other, until nobody holds the other end any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, which then ends this one
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    pipe.send(None)
    while True:
        function, arguments, names, seconds = pipe.recv()
        _stop_after(seconds)
        pipe.send(_outcome(function, arguments, names))


def _stop_after(seconds: float) -> None:
    """End by itself when whoever asked is gone and cannot end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...], names: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments, **names)
    except MemoryError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001  raised where the answer is read
        return False, error
    except BaseException:  # noqa: BLE001  a panic of a library that is not Python
        os._exit(1)


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError):
        _work(Connection(int(sys.argv[1])), int(sys.argv[2]))
