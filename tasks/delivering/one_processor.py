"""Keep this process on one processor while it sends a campaign.

The threads of a Python process never compute at the same time: they hand one lock over to each other, some hundred
times for every mail. Between two processors each time means waking the other one up, which costs more than what the
second processor could ever do for them; it is better used by the composer process, the Prefect server and the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def on_one_processor() -> Iterator[None]:
    """All threads of this process, and those started meanwhile, share one processor; processes started before do not.

    Does nothing where a process cannot choose (macOS, Windows) or has no choice.
    """
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(allowed) < 2:
        yield
        return
    _share({allowed[os.getpid() % len(allowed)]})  # several runs at once spread out
    try:
        yield
    finally:
        _share(set(allowed))


def _share(processors: set[int]) -> None:
    for thread in _THREADS.iterdir():
        with suppress(OSError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), processors)
