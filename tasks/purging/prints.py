"""The files to print, once they are printed (``refaire`` makes one again), and the workbooks of refused imports."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select

from models.database.session import reading
from models.tables.document import Printing
from settings.load import Settings
from tasks.imports.fault_book import STEM
from tasks.purging.expired import Expired
from tasks.purging.limits import Limits


def find_prints(settings: Settings, limits: Limits) -> Expired:
    """The files in the folder of printings that may go: what Facteur made there, and nobody touched since.

    The hidden ones are what a killed run left. A file that somebody else put there is left alone.
    """
    with reading(settings.database) as session:
        ours = set(session.scalars(select(Printing.file_name).where(Printing.file_name != "").distinct()))
    found: list[tuple[Path, int, datetime]] = []
    for path in sorted(settings.prints.glob("*.pdf")) if settings.prints.is_dir() else []:
        stat = path.stat()
        written = datetime.fromtimestamp(stat.st_mtime, UTC)
        if (path.name in ours or path.name.startswith(".")) and written < limits.prints:
            found.append((path, stat.st_size, written))
    for path in sorted(settings.prints.glob(f"*{STEM}-*.xlsx")):
        stat = path.stat()
        written = datetime.fromtimestamp(stat.st_mtime, UTC)
        if written < limits.prints:
            found.append((path, stat.st_size, written))
    return Expired(
        what="prints",
        kept_for=limits.kept_for["prints"],
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
