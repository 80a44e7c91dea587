"""The file of a printing, written so that a run that is killed leaves nothing that anybody could take for it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from settings.load import Settings
from tasks.documents.cover_sheet import Heading
from tasks.documents.print_file import Sheet, write_print_file
from tasks.printing.imported import beside, printable


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other run is making a file in ``folder``: what both would find to print is printed once.

    The lock ends with the process that holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_durably(settings: Settings, stem: str, temporary: Path, heading: Heading, sheets: list[Sheet]) -> str:
    """Write the file durably under a name that no file has, and return the name.

    ``temporary`` stays as a second name of the same file until the caller has recorded it.
    """
    folder = settings.prints
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file, beside() as confined:
        write_print_file(file, heading, sheets, read=partial(printable, confined, settings.archive))
        file.flush()
        os.fsync(file.fileno())
    name, number = f"{stem}.pdf", 1
    while True:
        try:
            os.link(temporary, folder / name)  # unlike a renaming, it never replaces a file
            break
        except FileExistsError:
            number += 1
            name = f"{stem}-{number}.pdf"
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return name


def discard_unrecorded(folder: Path, temporary: Path) -> None:
    """Remove what this run wrote before it died: the ledger knows nothing of it, and nobody was told of it."""
    if not temporary.exists():
        return
    for path in folder.glob("courriers-*.pdf"):
        if path.samefile(temporary):
            path.unlink()
    temporary.unlink()
