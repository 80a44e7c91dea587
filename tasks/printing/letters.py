"""The documents of a file as the ledger has them now, and what can be printed of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.document import Document, Printing
from models.values.ending import Refusal
from tasks.documents.print_file import Drawing, Sheet
from tasks.entry.confined import Confined
from tasks.kinds.kind import Kind
from tasks.kinds.registry import kind_named
from tasks.printing.batch import Batch, LeftOut, Letter
from tasks.printing.imported import UnreadableError, beside, printable

PDF_UNREADABLE = (
    "Leur PDF importé ne s'ouvre pas : importez de nouveau ces factures avec un autre PDF, puis lancez une nouvelle "
    "édition."
)


@dataclass(slots=True)
class Prepared:
    """The letters of a batch, each with what is drawn of it, or why it is not.

    ``settled`` are reminders of which nothing is left to claim.
    """

    letters: list[Letter] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    settled: list[Letter] = field(default_factory=list)


def read_letters(
    session: Session, kind: Kind, versions: Mapping[int, int], gone: Iterable[int] | None = None
) -> tuple[Letter, ...]:
    """Documents of a kind, given with their versions, in the order of the file; ``gone`` are those that had left."""
    left = frozenset(gone or ())
    letters = []
    for document_id, version in versions.items():
        source, _ = kind.read_source(session.connection(), document_id)
        structure = f"{source.structure} ({source.structure_code})"
        letters.append(Letter(document_id, version, structure, source.name, source.number, source, document_id in left))
    return tuple(sorted(letters, key=lambda letter: letter.order))


def read_recorded(session: Session, name: str) -> Batch | None:
    """What a file holds that was made before; None when no such file was ever made."""
    rows = session.scalars(select(Printing).where(Printing.file_name == name)).all()
    if not name or not rows:
        return None
    versions = {row.document_id: row.version for row in rows}
    document = session.get_one(Document, rows[0].document_id)
    month = document.period or (document.invoice.period if document.invoice else None) or ""
    kind = kind_named(document.kind)
    return Batch(kind, month, rows[0].printed_at, read_letters(session, kind, versions, gone=versions))


def prepare(archive_folder: Path, batch: Batch) -> Prepared:
    """What of the batch can be printed now."""
    prepared = Prepared(left_out=list(batch.left_out))
    with beside() as confined:
        for letter in batch.letters:
            if letter.source.is_empty:
                prepared.settled.append(letter)
                continue
            content = _opened(confined, archive_folder, batch.kind.content(letter.source, archive_folder))
            if isinstance(content, Refusal):
                prepared.left_out.append(LeftOut(letter, content.sentence))
            else:
                prepared.letters.append(letter)
                prepared.sheets.append(Sheet(letter.structure, letter.name, letter.number, content))
    return prepared


def _opened(confined: Confined, archive_folder: Path, content: Drawing | str | Refusal) -> Drawing | str | Refusal:
    """An imported PDF is opened beside first: one that does not open keeps no other letter from being printed."""
    if isinstance(content, str):
        try:
            printable(confined, archive_folder, content)
        except UnreadableError:
            return Refusal(PDF_UNREADABLE)
    return content
