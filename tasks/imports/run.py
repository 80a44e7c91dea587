"""One import from beginning to end: all of it, or nothing and every fault."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.database.schema import migrate
from models.database.session import reading, writing
from models.reading.served import Served, read_served
from models.values.moments import PARIS
from settings.load import load_settings
from tasks.entry.problems import Problem, visible
from tasks.french.numbers import counted
from tasks.imports.address_share import address_shares
from tasks.imports.applying import apply
from tasks.imports.changes import Change, find_changes
from tasks.imports.checking import check_structures, check_tables
from tasks.imports.fault_book import write_fault_book
from tasks.imports.faults import Fault
from tasks.imports.invoice_checks import check_invoices
from tasks.imports.invoice_pdfs import CheckedPdf, active_notes, archive_pdfs, check_owners, check_pdfs
from tasks.imports.invoice_states import InvoiceState, merge
from tasks.imports.left_names import keep_names
from tasks.imports.line_checks import check_lines, read_lines
from tasks.imports.opening import read_tables
from tasks.imports.plausibility import find_remarks
from tasks.imports.recording import record
from tasks.imports.remarks import Remark
from tasks.imports.report import Counts, ImportReport, Outcome
from tasks.imports.rows import Row
from tasks.imports.sent import read_sent
from tasks.imports.sent_checks import check_sent
from tasks.imports.source import Remembering, opened, within
from tasks.imports.stored import Files, Pair, Stored, load, pair_of
from tasks.kinds.settling import settle_all


@dataclass(frozen=True, slots=True)
class Consent:
    """Who took the dangerous changes of an import. ``digest`` names what was shown; empty: whatever they are."""

    initials: str
    digest: str = ""


def import_here(
    path: str, root: Path | None = None, *, consent: Consent | None = None, dry_run: bool = False
) -> ImportReport:
    """Import into the database and the archive of the settings, made first where they do not exist yet.

    With a ``root``, what is imported must lie in it, and a relative path begins there.
    """
    settings = load_settings()
    source = within(root, path)
    if isinstance(source, Problem):
        return ImportReport.refused(path, (Fault.of(source, visible(path)),))
    settings.var.resolve().mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    return import_source(
        source, settings.database, settings.archive, consent=consent, dry_run=dry_run, books=settings.prints
    )


def import_source(
    path: Path,
    database: str,
    archive: Path,
    now: datetime | None = None,
    *,
    consent: Consent | None = None,
    dry_run: bool = False,
    books: Path | None = None,
) -> ImportReport:
    """Import a folder or a zip archive into the database at ``database``, in one transaction.

    What is wrong with the import is in the report, never an exception. What changes something dangerous is written with
    the ``consent`` of somebody who was shown it alone, a ``dry_run`` never is. ``now`` is for the record, and for
    judging whether dates are plausible. The faults of an import that is refused are written into a workbook in
    ``books``, but for a trial.
    """
    shown = str(path).encode("utf-8", "replace").decode()
    with opened(path) as found:
        if isinstance(found, Problem):
            return ImportReport.refused(shown, (Fault.of(found, visible(shown)),))
        importing = _Import(Remembering(found), shown, archive, now or utc_now())
        report = importing.run(database, consent, dry_run)
        return importing.with_book(report, books) if books and not dry_run else report


class _Import:
    """One import: its files are read once, and judged against the database before it writes and when it does."""

    def __init__(self, source: Remembering, shown: str, archive: Path, now: datetime) -> None:
        self._source, self._shown, self._archive, self._now = source, shown, archive, now
        self._files, self._faults, self._notes = read_tables(source)
        self._pdfs, faults = check_pdfs(source, self._files["factures"])
        self._faults += faults
        self._notes += active_notes(self._files["factures"], self._pdfs)
        self._bytes = source.digest()  # before the PDFs are read once more

    def run(self, database: str, consent: Consent | None, dry_run: bool) -> ImportReport:
        with reading(database) as session, session.no_autoflush:
            judged = self._judge(session)
            if isinstance(judged, ImportReport):
                return judged
            if dry_run or not judged.may_be_written(consent):
                outcome = Outcome.DRY_RUN if dry_run else Outcome.WAITING
                return self._report(judged, self._apply(session, judged), outcome)
        faults = archive_pdfs(self._source, self._files["factures"], self._pdfs, self._archive)
        if faults:
            return ImportReport.refused(self._shown, tuple(faults), tuple(self._notes))
        with writing(database) as session:
            judged = self._judge(session)  # once more: somebody may have written meanwhile
            if isinstance(judged, ImportReport):
                return judged
            if judged.may_be_written(consent):
                return self._write(session, judged, consent)
        return self.run(database, consent, dry_run)

    def with_book(self, report: ImportReport, folder: Path) -> ImportReport:
        """The report, with all faults in a workbook."""
        if report.outcome is not Outcome.REFUSED:
            return report
        try:
            return replace(report, fault_book=str(write_fault_book(folder, self._files, report.faults, self._now)))
        except OSError as error:
            note = f"Le classeur des anomalies n'a pas pu être écrit dans {folder} ({error.strerror or error})."
            return replace(report, notes=(*report.notes, note))

    def _write(self, session: Session, judged: _Judged, consent: Consent | None) -> ImportReport:
        settle_all(session)  # what has arrived or was printed stays so, whatever this import changes
        keep_names(session, self._files, judged.stored, judged.served)
        shares = address_shares(self._files, judged.stored)
        known = set(judged.stored.associations)
        report = self._report(judged, self._apply(session, judged), Outcome.ACCEPTED, consent)
        record(session, report, self._now, judged.states, shares, judged.stored)
        return replace(report, notes=(*report.notes, *_new_associations(judged.stored, known)))

    def _judge(self, session: Session) -> _Judged | ImportReport:
        """What the import would do to the database as it stands, or why it is refused."""
        stored = load(session, self._files)
        states, faults, notes = _check(session, self._files, stored, self._pdfs, self._now)
        faults = [*self._faults, *faults]
        notes = [*self._notes, *notes]
        if faults:
            return ImportReport.refused(self._shown, _in_order(faults, self._files), tuple(notes))
        served = read_served(session)
        changes = find_changes(self._files, stored, states, served)
        remarks = find_remarks(session, self._files, stored, states, self._pdfs, self._now)
        return _Judged(stored, states, tuple(notes), served, changes, remarks, self._digest(changes))

    def _digest(self, changes: Sequence[Change]) -> str:
        """Names what is shown: the bytes that were read, and what is dangerous about them today."""
        dangerous = "".join(f"{change}\n" for change in changes if change.dangerous)
        return hashlib.sha256(f"{self._bytes}\n{dangerous}".encode()).hexdigest()

    def _apply(self, session: Session, judged: _Judged) -> dict[str, Counts]:
        return apply(session, self._files, judged.stored, judged.states)

    def _report(
        self, judged: _Judged, counts: dict[str, Counts], outcome: Outcome, consent: Consent | None = None
    ) -> ImportReport:
        return ImportReport(
            self._shown,
            notes=judged.notes,
            counts=counts,
            outcome=outcome,
            changes=judged.changes,
            remarks=judged.remarks,
            digest=judged.digest,
            taken_by=consent.initials if consent and judged.dangerous else "",
        )


@dataclass(frozen=True, slots=True)
class _Judged:
    """An import without faults, against the database as it stands."""

    stored: Stored
    states: Mapping[Pair, InvoiceState]
    notes: tuple[str, ...]
    served: Served
    changes: tuple[Change, ...]
    remarks: tuple[Remark, ...]
    digest: str

    @property
    def dangerous(self) -> bool:
        return any(change.dangerous for change in self.changes)

    def may_be_written(self, consent: Consent | None) -> bool:
        """Whether nothing is dangerous, or somebody took what is."""
        return not self.dangerous or (consent is not None and consent.digest in {"", self.digest})


def _new_associations(stored: Stored, known: set[str]) -> list[str]:
    return [
        f"Association « {association.name} » : son serveur SMTP se règle dans le bloc « smtp-{code} »."
        for code, association in stored.associations.items()
        if code not in known
    ]


def _check(
    session: Session, files: Files, stored: Stored, pdfs: Mapping[int, CheckedPdf], now: datetime
) -> tuple[dict[Pair, InvoiceState], list[Fault], list[str]]:
    faults = check_tables(files, stored)
    faults += check_structures(files, stored, "factures")
    line_rows, line_faults = check_lines(files, stored)
    faults += line_faults
    states: dict[Pair, InvoiceState] = {}
    for row in files["factures"].rows:
        key = pair_of(row)
        if key is not None and key not in states:
            states[key] = merge(key, row, stored.invoices.get(key))
    for key, rows in line_rows.items():
        state = states.setdefault(key, merge(key, None, stored.invoices.get(key)))
        state.line_rows = rows
        state.lines = read_lines(rows)
    for state in states.values():
        state.keep_stored_lines()
        state.bring_pdf(_pdf_key(state.row, pdfs))
    invoice_faults, notes = check_invoices(states, files, stored, now.astimezone(PARIS).date())
    faults += invoice_faults
    faults += check_owners(session, files["factures"], pdfs, states)
    changing = [s.stored.id for s in states.values() if s.stored and (s.changed or s.lines_changed)]
    faults += check_sent(states, files, read_sent(session, changing, now))
    return states, faults, [*_kinds_note(files), *notes]


def _kinds_note(files: Files) -> list[str]:
    file = files["clients"]
    without = sum(not row.written.get("kind", "").strip() for row in file.rows)
    if not without:
        return []
    who = counted(without, "client sans type", "clients sans type")
    return [f"{file.file} : {who} ; un client nouveau sans type est un professionnel."]


def _in_order(faults: list[Fault], files: Files) -> tuple[Fault, ...]:
    """By file, as they depend on one another, then by line; faults of a line stay as they were found."""
    order = {file.file: position for position, file in enumerate(files.values())}
    return tuple(sorted(faults, key=lambda fault: (order.get(fault.file, -1), fault.line or 0)))


def _pdf_key(row: Row | None, pdfs: Mapping[int, CheckedPdf]) -> str | None:
    """The key of the PDF that a row names, empty when it names none; None when it cannot be used."""
    if row is None or not row.values.get("pdf_name"):
        return ""
    found = pdfs.get(row.line)
    return found.key if found else None
