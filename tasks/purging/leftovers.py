"""Files that are nobody's record: the logs that were turned, the mailbox of trials, the demonstration's example."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from settings.load import Settings
from tasks.purging.expired import Expired
from tasks.purging.limits import Limits


def find_logs(settings: Settings, limits: Limits) -> Expired:
    """The logs that are written no more; one that is being written is at most a month old."""
    return _older("logs", settings.logs.glob("*.log.*"), limits.runs, limits)


def find_trials(settings: Settings, limits: Limits) -> Expired:
    """The messages in the mailbox, whole invoices if real data was tried there, and the example's files."""
    files = (path for folder in (settings.mailbox, settings.sample) for path in folder.rglob("*"))
    return _older("trials", files, limits.trials, limits)


def _older(what: str, paths: Iterable[Path], limit: datetime, limits: Limits) -> Expired:
    found = []
    for path in sorted(paths):
        stat = path.lstat()
        written = datetime.fromtimestamp(stat.st_mtime, UTC)
        if written < limit and (path.is_file() or path.is_symlink()):
            found.append((path, stat.st_size, written))
    return Expired(
        what=what,
        kept_for=limits.kept_for[what],
        count=len(found),
        size=sum(size for _, size, _ in found),
        oldest=min((at for _, _, at in found), default=None),
        newest=max((at for _, _, at in found), default=None),
        held=0,
        remove=partial(_remove, [path for path, _, _ in found]),
    )


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
