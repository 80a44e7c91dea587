"""Imported PDFs, taken out of the archive for a file to print. They are foreign: the process beside opens them."""

from __future__ import annotations

from pathlib import Path

from pikepdf import PdfError

from tasks.composing import archive
from tasks.documents.print_file import plain_copy
from tasks.entry.confined import Confined, Lost
from tasks.imports.bounds import OPENING_BYTES, PDF_SECONDS


class UnreadableError(Exception):
    """The PDF does not open within bounds. Facteur imports no such file; an earlier version may have."""


def beside() -> Confined:
    """The process that ``printable`` asks."""
    return Confined(OPENING_BYTES, PDF_SECONDS)


def printable(confined: Confined, archive_folder: Path, key: str) -> bytes:
    """A plain copy of an imported PDF. UnreadableError, and OSError or ValueError when the archive has it no more."""
    content = archive.get(archive_folder, key)
    try:
        copy = confined.call(plain_copy, content)
    except PdfError as error:
        raise UnreadableError(key) from error
    if isinstance(copy, Lost):
        raise UnreadableError(key)
    return copy
