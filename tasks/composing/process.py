"""The composer process: messages are composed and archived in a process of its own, beside the one that sends.

Drawing an invoice is the one long computation of a mail. In the process that sends, it would hold up every other
thread: a relay's answer waits for the interpreter's lock.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from tasks.composing.compose import Composed, Order, Unkept, Unwritten, compose

FEW = 30  # documents for which a process is not worth its start
LONGEST_MESSAGE_SECONDS = 30.0


class Composer:
    """Composes messages; ``beside``: in a process of its own, which ends with the run, or with this process."""

    def __init__(self, *, beside: bool = False) -> None:
        self._turn = threading.Lock()
        self._pipe: Connection | None = None
        if beside:
            # Not forked: the threads of the sending process would be copied in the middle of what they do. Not
            # multiprocessing's own start either: it would load the program that runs the flow, Prefect and all.
            self._pipe, theirs = Pipe()
            command = [sys.executable, "-m", "tasks.composing.process", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])  # noqa: S603 - its own code
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def compose(self, order: Order) -> Composed | Unwritten | Unkept:
        """Compose a message and archive it; the same bytes wherever it is done. Any thread may call it."""
        with self._turn:
            answer = self._ask(self._pipe, order) if self._pipe is not None else None
        return compose(order) if answer is None else answer

    def _ask(self, pipe: Connection, order: Order) -> Composed | Unwritten | Unkept | None:
        """The answer of the process beside; None when it is gone: the run goes on by itself, more slowly."""
        try:
            pipe.send(order)
            delivery, answer = pipe.recv()
        except (EOFError, OSError):
            delivery, answer = "", None
        except BaseException:  # cancelled: the answer that is still to come must not be taken for the next order's
            self.close()
            raise
        if delivery != order.delivery_key:
            self.close()
            return None
        outcome: Composed | Unwritten | Unkept = answer
        return outcome

    def close(self) -> None:
        """End the process."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
            try:
                self._process.wait(LONGEST_MESSAGE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def work(pipe: Connection) -> None:
    """The life of the process beside: one order after the other, until nobody holds the other end any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then ends this one
    with suppress(EOFError, BrokenPipeError):
        while True:
            order = pipe.recv()
            pipe.send((order.delivery_key, compose(order)))


if __name__ == "__main__":
    work(Connection(int(sys.argv[1])))
