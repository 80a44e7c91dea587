"""The documents of a file as the ledger has them now, and what can be printed of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.reminder_sources import read_source
from models.tables.document import Printing
from models.values.sources import ReminderSource, Source
from tasks.composing import archive
from tasks.documents.print_file import ReminderLetter, Sheet
from tasks.documents.reminder_wording import ConsumerTermsError, reminder_text
from tasks.french.labels import REMINDER
from tasks.printing.batch import Batch, LeftOut, Letter, invoice_batch, reminder_batch

PDF_MISSING = (
    "Leur PDF importé manque dans l'archive ou a été modifié : importez de nouveau ces PDF, puis lancez une nouvelle "
    "édition."
)
TEXT_UNFIT = "Pour {structure}, {error}. Puis lancez « editer-les-courriers », documents « relances »."


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
    session: Session, versions: Mapping[int, int], gone: Iterable[int] | None = None
) -> tuple[Letter, ...]:
    """Documents, given with their versions, in the order of the file; ``gone`` are those that had left before."""
    left = frozenset(gone or ())
    letters = []
    for document_id, version in versions.items():
        source, _ = read_source(session.connection(), document_id)
        structure = f"{source.paper.issuer.structure} ({source.structure_code})"
        number = _number(source)
        letters.append(Letter(document_id, version, structure, source.paper.name, number, source, document_id in left))
    return tuple(sorted(letters, key=lambda letter: letter.order))


def read_recorded(session: Session, name: str) -> Batch | None:
    """What a file holds that was made before; None when no such file was ever made."""
    rows = session.scalars(select(Printing).where(Printing.file_name == name)).all()
    if not name or not rows:
        return None
    versions = {row.document_id: row.version for row in rows}
    letters = read_letters(session, versions, gone=versions)
    source = letters[0].source
    if isinstance(source, ReminderSource):
        return reminder_batch(rows[0].printed_at, letters)
    return invoice_batch(str(source.paper.period or ""), rows[0].printed_at, letters)


def prepare(archive_folder: Path, batch: Batch) -> Prepared:
    """What of the batch can be printed now."""
    prepared = Prepared(left_out=list(batch.left_out))
    for letter in batch.letters:
        if isinstance(letter.source, ReminderSource) and not letter.source.paper.lines:
            prepared.settled.append(letter)
            continue
        content = _content(archive_folder, letter)
        if isinstance(content, LeftOut):
            prepared.left_out.append(content)
        else:
            prepared.letters.append(letter)
            prepared.sheets.append(content)
    return prepared


def _content(archive_folder: Path, letter: Letter) -> Sheet | LeftOut:
    source = letter.source
    if isinstance(source, ReminderSource):
        try:
            text = reminder_text(*source.wording, source.paper)
        except ConsumerTermsError as error:
            return LeftOut(letter, TEXT_UNFIT.format(structure=letter.structure, error=error))
        return Sheet(letter.structure, letter.name, letter.number, ReminderLetter(source.paper, text))
    if not source.pdf_key:
        return Sheet(letter.structure, letter.name, letter.number, source.paper)
    try:
        archive.get(archive_folder, source.pdf_key)
    except (OSError, ValueError):
        return LeftOut(letter, PDF_MISSING)
    return Sheet(letter.structure, letter.name, letter.number, source.pdf_key)


def _number(source: Source | ReminderSource) -> str:
    if isinstance(source, ReminderSource):
        return f"{REMINDER[source.paper.level]} · {source.paper.code}"
    return source.paper.number
