"""The logs of the parts: bounded in size and in age, so that a disk does not fill and the purge finds what is old."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

LONGEST_BYTES = 10_000_000
KEPT = 9  # older ones of each part


class LogFiles:
    """The logs in ``folder``. ``worker.log`` becomes ``worker.log.1`` when it is long, or when a month is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._month: dict[Path, tuple[int, int]] = {}

    def path(self, name: str) -> Path:
        """The file that the output of the part ``name`` goes to."""
        return self._folder / f"{name}.log"

    def turn(self, names: Iterable[str], now: datetime) -> None:
        """Look at the logs of these parts. Their processes go on writing to the same files, which are emptied.

        What is written in the instant between the copy and the emptying is lost.
        """
        for name in names:
            log = self.path(name)
            if not log.exists():
                continue
            found = log.stat()
            written = datetime.fromtimestamp(found.st_mtime, UTC)
            month = self._month.setdefault(log, (written.year, written.month))
            if found.st_size > LONGEST_BYTES or (found.st_size and month != (now.year, now.month)):
                _shift(log)
            if month != (now.year, now.month):
                self._month[log] = (now.year, now.month)


def _shift(log: Path) -> None:
    for number in range(KEPT, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.with_name(f"{log.name}.{KEPT + 1}").unlink(missing_ok=True)
    first = log.with_name(f"{log.name}.1")
    shutil.copy2(log, first)  # with its age, by which it is purged
    os.truncate(log, 0)
