"""Printing: which documents go on paper, the one file that holds them, and the dates of their printing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

import pikepdf
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.base import utc_now
from models.document import Printing
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from models.session import reading, writing
from models.sources import Source, read_source
from models.standings import Standing, read_standings
from models.values.paper import InvoicePaper
from models.values.people import alphabetical
from models.values.period import Period
from settings.load import Settings, load_settings
from tasks import archive
from tasks.documents.cover_sheet import Heading
from tasks.documents.french import period_label
from tasks.documents.print_file import Sheet, write_print_file
from tasks.documents.wording import fill
from tasks.moments import PARIS, paris_moment
from tasks.planning import Scope, add_documents
from tasks.rendering import render_page

What = Literal["tout ce qui doit être imprimé", "sans adresse ou papier demandé", "en échec", "toutes les factures"]
LATEST_SHOWN = 5


def _on_paper(standing: Standing) -> bool:
    return standing.coverage is Coverage.WAITING and isinstance(standing.recipients, NoAddress)


def _failed(standing: Standing) -> bool:
    return standing.coverage is Coverage.FAILED


# Somebody may hold an uncertain invoice already: only who asks for everything gets it.
WANTED: dict[What, Callable[[Standing], bool]] = {
    "tout ce qui doit être imprimé": lambda standing: _on_paper(standing) or _failed(standing),
    "sans adresse ou papier demandé": _on_paper,
    "en échec": _failed,
    "toutes les factures": lambda standing: True,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One document that is printed, in one version."""

    document_id: int
    version: int
    structure: str
    name: str
    number: str
    source: Source

    @property
    def order(self) -> tuple[str, ...]:
        return (alphabetical(self.structure), self.structure, alphabetical(self.name), self.name, self.number)


@dataclass(frozen=True, slots=True)
class Batch:
    """The documents of one file, sorted; ``printed_at`` is the date that each of them gets, or has."""

    period: str
    printed_at: datetime
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ends: whether a person has something to do, the sentence that says what, and what the file holds.

    ``page`` is Markdown, under the artifact's ``key``; both are empty when there is no file to tell of.
    """

    failed: bool
    sentence: str
    key: str = ""
    page: str = ""


def print_letters(flow_run_id: str, scope: Scope, what: What) -> Outcome:
    """Make the file, then note the printing dates. A run that is started again does neither a second time."""
    settings = load_settings()
    temporary = settings.prints / f".courriers-{flow_run_id}.pdf"
    with reading(settings.database) as session:
        name = session.scalars(select(Printing.file_name).where(Printing.flow_run_id == flow_run_id)).first()
        recorded = _recorded(session, name) if name else None
    if name and recorded:
        temporary.unlink(missing_ok=True)
        if (settings.prints / name).exists():
            return _outcome(settings, name, recorded, [], again=False)
        return _make_again(settings, name, recorded)
    _discard_unrecorded(settings.prints, temporary)
    batch = _select(settings, scope, what)
    sheets, left_out = _sheets(settings, batch)
    month = _month(batch.period)
    if not batch.letters:
        return Outcome(False, fill("Rien à imprimer pour &periode.", {"periode": month}))
    if not sheets:
        return Outcome(True, _left_out_sentence(left_out))
    stem = f"courriers-{scope.period}-{batch.printed_at.astimezone(PARIS):%Y%m%d-%H%M}"
    name = _write(settings, stem, temporary, _heading(batch), sheets)
    missing = {letter.document_id for letter in left_out}
    letters = tuple(letter for letter in batch.letters if letter.document_id not in missing)
    printed = Batch(batch.period, batch.printed_at, letters)
    with writing(settings.database) as session:
        session.execute(
            insert(Printing),
            [
                {
                    "document_id": letter.document_id,
                    "version": letter.version,
                    "printed_at": batch.printed_at,
                    "file_name": name,
                    "flow_run_id": flow_run_id,
                }
                for letter in printed.letters
            ],
        )
    temporary.unlink()
    return _outcome(settings, name, printed, left_out, again=False)


def print_again(file_name: str) -> Outcome:
    """Make a file that was lost again: the same documents, as the ledger has them today, and no date changes."""
    settings = load_settings()
    name = Path(file_name.strip()).name
    with reading(settings.database) as session:
        batch = _recorded(session, name)
        latest = session.scalars(
            select(Printing.file_name).where(Printing.file_name != "").distinct().order_by(Printing.file_name.desc())
        ).fetchmany(LATEST_SHOWN)
    if batch is None:
        known = f" Les derniers : {', '.join(latest)}." if latest else ""
        return Outcome(True, f"Aucun fichier de courriers ne s'appelle « {name} ».{known}")
    if (settings.prints / name).exists():
        return Outcome(False, f"Le fichier {_shown(settings, name)} existe toujours : il n'a pas été refait.")
    return _make_again(settings, name, batch)


def _make_again(settings: Settings, name: str, batch: Batch) -> Outcome:
    sheets, left_out = _sheets(settings, batch)
    if left_out:
        return Outcome(True, f"Le fichier {_shown(settings, name)} n'a pas été refait. {_left_out_sentence(left_out)}")
    temporary = settings.prints / f".{name}"
    temporary.unlink(missing_ok=True)
    _write(settings, name.removesuffix(".pdf"), temporary, _heading(batch), sheets)
    temporary.unlink()
    return _outcome(settings, name, batch, [], again=True)


def _select(settings: Settings, scope: Scope, what: What) -> Batch:
    with writing(settings.database) as session:
        add_documents(session, [s for s in read_standings(session, scope.period, scope.structures) if WANTED[what](s)])
        standings = [s for s in read_standings(session, scope.period, scope.structures) if WANTED[what](s)]
        # Taken after the reading: a failure that was seen is older than the printing that answers it.
        now = utc_now()
    versions = {s.document_id: s.version for s in standings if s.document_id is not None}
    with reading(settings.database) as session:
        return Batch(scope.period, now, _letters(session, versions))


def _recorded(session: Session, name: str) -> Batch | None:
    """The documents that a file holds; None when no such file was ever made."""
    rows = session.scalars(select(Printing).where(Printing.file_name == name)).all()
    if not name or not rows:
        return None
    letters = _letters(session, {row.document_id: row.version for row in rows})
    period = letters[0].source.paper.period
    return Batch(str(period) if period else "", rows[0].printed_at, letters)


def _letters(session: Session, versions: dict[int, int]) -> tuple[Letter, ...]:
    letters = []
    for document_id, version in versions.items():
        source, _ = read_source(session, document_id)
        structure = f"{source.paper.issuer.structure} ({source.structure_code})"
        letters.append(Letter(document_id, version, structure, source.paper.name, source.paper.number, source))
    return tuple(sorted(letters, key=lambda letter: letter.order))


def _sheets(settings: Settings, batch: Batch) -> tuple[list[Sheet], list[Letter]]:
    """What is printed, and the letters whose imported PDF cannot be: it is missing, or not what was imported."""
    sheets, left_out = [], []
    for letter in batch.letters:
        content: InvoicePaper | str = letter.source.paper
        if letter.source.pdf_key:
            try:
                archive.get(settings.archive, letter.source.pdf_key)
            except (OSError, ValueError):
                left_out.append(letter)
                continue
            content = letter.source.pdf_key
        sheets.append(Sheet(letter.structure, letter.name, letter.number, content))
    return sheets, left_out


def _write(settings: Settings, stem: str, temporary: Path, heading: Heading, sheets: list[Sheet]) -> str:
    """Write the file durably under a name that no file has, and return the name.

    ``temporary`` stays as a second name of the same file until the caller has recorded it.
    """
    folder = settings.prints
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        write_print_file(file, heading, sheets, read=partial(archive.get, settings.archive))
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


def _discard_unrecorded(folder: Path, temporary: Path) -> None:
    """Remove what this run wrote before it died: the ledger knows nothing of it, and nobody was told of it."""
    if not temporary.exists():
        return
    for path in folder.glob("courriers-*.pdf"):
        if path.samefile(temporary):
            path.unlink()
    temporary.unlink()


def _heading(batch: Batch) -> Heading:
    subject = fill("Factures de &periode", {"periode": _month(batch.period)})
    return Heading(subject, batch.printed_at.astimezone(PARIS))


def _month(period: str) -> str:
    parsed = Period.parse(period)
    return period_label(parsed) if parsed else period


def _shown(settings: Settings, name: str) -> Path:
    return settings.var / settings.prints.name / name


def _left_out_sentence(left_out: Collection[Letter]) -> str:
    listed = ", ".join(f"{letter.number} ({letter.name})" for letter in left_out)
    return (
        f"À imprimer encore, car leur PDF importé manque dans l'archive ou a été modifié : {listed}. "
        "Importez de nouveau ces PDF, puis lancez une nouvelle édition."
    )


def _outcome(settings: Settings, name: str, batch: Batch, left_out: list[Letter], *, again: bool) -> Outcome:
    """What a run that made a file, or found the one it had made, tells of it."""
    with pikepdf.open(settings.prints / name) as pdf:
        pages = len(pdf.pages)
    structures = {letter.structure for letter in batch.letters}
    count = len(batch.letters)
    sentence = (
        f"{count} courrier{'s' if count > 1 else ''} pour {len(structures)} structure"
        f"{'s' if len(structures) > 1 else ''} : {_shown(settings, name)}, {pages} pages."
    )
    if again:
        sentence += " Le fichier a été refait avec les données d'aujourd'hui ; les dates d'édition n'ont pas changé."
    if left_out:
        sentence += f" {_left_out_sentence(left_out)}"
    page = render_page(
        "printing",
        of_period=fill("de &periode", {"periode": _month(batch.period)}),
        sentence=sentence,
        path=_shown(settings, name),
        printed_at=paris_moment(batch.printed_at),
        counts=Counter(letter.structure for letter in batch.letters),
        letters=batch.letters,
        unaddressed=[letter for letter in batch.letters if _unaddressed(letter)],
        left_out=left_out,
    )
    return Outcome(bool(left_out), sentence, f"factures-{batch.period}-courriers", page)


def _unaddressed(letter: Letter) -> bool:
    """Whether the envelope's window shows a name alone; what an imported PDF shows is not known."""
    return not letter.source.pdf_key and not letter.source.paper.address.lines
