"""Archived messages, imported PDFs, and files of the archive that nothing refers to.

A key may be shared: a file goes only when nothing that refers to it has a use for it any more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.session import reading
from models.rules.states import FINAL, DeliveryState
from models.tables.delivery import Delivery
from models.tables.invoice import Invoice
from settings.load import Settings
from tasks.purging.expired import Expired
from tasks.purging.limits import Limits
from tasks.purging.settled import settled_invoices

BATCH = 200


@dataclass(slots=True)
class _References:
    """The keys of the ledger: what must stay, and what is too old, with its date. ``held`` counts what is both."""

    kept: set[str] = field(default_factory=set)
    messages: dict[str, datetime] = field(default_factory=dict)
    pdfs: dict[str, datetime] = field(default_factory=dict)
    held_messages: int = 0
    held_pdfs: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size: int
    at: datetime


def find_archived(settings: Settings, limits: Limits) -> list[Expired]:
    """The messages, the imported PDFs and the strays that may go; ``at`` of a stray is when it was written."""
    with reading(settings.database) as session:
        references = _read(session, limits)
    files: dict[str, list[_File]] = {"messages": [], "pdfs": [], "strays": []}
    for entry in _files(settings.archive):
        key, found = entry.name, entry.stat()
        if key in references.kept:
            continue
        written = datetime.fromtimestamp(found.st_mtime, UTC)
        if key in references.messages:
            what, at = "messages", references.messages[key]
        elif key in references.pdfs:
            what, at = "pdfs", references.pdfs[key]
        elif written < limits.messages:
            what, at = "strays", written
        else:
            continue
        files[what].append(_File(Path(entry.path), found.st_size, at))
    held = {"messages": references.held_messages, "pdfs": references.held_pdfs, "strays": 0}
    return [_lot(what, found, held[what], settings, limits) for what, found in files.items()]


def _read(session: Session, limits: Limits) -> _References:
    references = _References()
    deliveries = select(Delivery.archive_key, Delivery.state, Delivery.changed_at).where(Delivery.archive_key != "")
    for key, state, at in session.execute(deliveries.execution_options(yield_per=1000)).tuples():
        if at < limits.messages and DeliveryState(state) in FINAL:
            references.messages[key] = max(at, references.messages.get(key, at))
        else:
            references.kept.add(key)
            references.held_messages += at < limits.messages
    settled = settled_invoices(session, limits.pdfs)
    invoices = select(Invoice.id, Invoice.pdf_key, Invoice.issued_on).where(Invoice.pdf_key != "")
    for invoice, key, day in session.execute(invoices.execution_options(yield_per=1000)).tuples():
        if invoice in settled:
            at = datetime.combine(day, time(), UTC)
            references.pdfs[key] = max(at, references.pdfs.get(key, at))
        else:
            references.kept.add(key)
            references.held_pdfs += day < limits.pdfs
    return references


def _files(archive: Path) -> Iterator[os.DirEntry[str]]:
    if not archive.is_dir():
        return
    for folder in sorted(archive.iterdir()):
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))


def _lot(what: str, files: list[_File], held: int, settings: Settings, limits: Limits) -> Expired:
    moments = [file.at for file in files]
    return Expired(
        what=what,
        kept_for=limits.kept_for[what],
        count=len(files),
        size=sum(file.size for file in files),
        oldest=min(moments, default=None),
        newest=max(moments, default=None),
        held=held,
        remove=partial(_remove, files, settings, limits),
    )


def _remove(files: list[_File], settings: Settings, limits: Limits) -> None:
    """Remove the files; what has come to use since they were found stays."""
    for batch in _in_batches(files):
        with reading(settings.database) as session:
            in_use = _in_use(session, [file.path.name for file in batch], limits)
        for file in batch:
            if file.path.name not in in_use:
                file.path.unlink(missing_ok=True)


def _in_batches(files: list[_File]) -> Iterator[list[_File]]:
    return (files[start : start + BATCH] for start in range(0, len(files), BATCH))


def _in_use(session: Session, keys: list[str], limits: Limits) -> set[str]:
    messages = select(Delivery.archive_key).where(
        Delivery.archive_key.in_(keys), Delivery.state.not_in(FINAL) | (Delivery.changed_at >= limits.messages)
    )
    pdfs = select(Invoice.pdf_key).where(Invoice.pdf_key.in_(keys), Invoice.issued_on >= limits.pdfs)
    return set(session.scalars(messages)) | set(session.scalars(pdfs))
