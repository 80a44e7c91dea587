"""One import from beginning to end: all of it, or nothing and every fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.database.schema import migrate
from models.database.session import reading, writing
from models.tables.import_run import ImportRun
from models.values.moments import PARIS
from settings.load import load_settings
from tasks.entry.problems import Problem, visible
from tasks.french.numbers import counted
from tasks.imports.applying import apply
from tasks.imports.checking import check_structures, check_tables
from tasks.imports.faults import Fault
from tasks.imports.invoice_checks import check_invoices
from tasks.imports.invoice_pdfs import CheckedPdf, active_notes, archive_pdfs, check_owners, check_pdfs
from tasks.imports.invoice_states import InvoiceState, merge
from tasks.imports.line_checks import check_lines, read_lines
from tasks.imports.opening import read_tables
from tasks.imports.report import Counts, ImportReport
from tasks.imports.sent import read_sent
from tasks.imports.sent_checks import check_sent
from tasks.imports.source import Source, opened, within
from tasks.imports.stored import Files, Pair, Stored, load, pair_of
from tasks.kinds.settling import settle_all

LONGEST_SOURCE = 500


def import_here(path: str, root: Path | None = None) -> ImportReport:
    """Import into the database and the archive of the settings, made first where they do not exist yet.

    With a ``root``, what is imported must lie in it, and a relative path begins there.
    """
    settings = load_settings()
    source = within(root, path)
    if isinstance(source, Problem):
        return ImportReport(path, (Fault.of(source, visible(path)),))
    settings.var.resolve().mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    return import_source(source, settings.database, settings.archive)


def import_source(path: Path, database: str, archive: Path, now: datetime | None = None) -> ImportReport:
    """Import a folder or a zip archive into the database at ``database``, in one transaction.

    What is wrong with the import is in the report, never an exception. ``now`` is for the record, and for judging
    whether dates are plausible.
    """
    shown = str(path).encode("utf-8", "replace").decode()
    with opened(path) as source:
        if isinstance(source, Problem):
            return ImportReport(shown, (Fault.of(source, visible(shown)),))
        return _import(source, shown, database, archive, now or utc_now())


def _import(source: Source, shown: str, database: str, archive: Path, now: datetime) -> ImportReport:
    files, faults, notes = read_tables(source)
    pdfs, pdf_faults = check_pdfs(source, files["factures"])
    faults += pdf_faults
    notes += active_notes(files["factures"], pdfs)
    if not faults:
        faults += archive_pdfs(source, files["factures"], pdfs, archive)
    # With a fault nothing will be written, but the checks against the database still find the other ones.
    with reading(database) if faults else writing(database) as session:
        stored = load(session, files)
        states, found, more_notes = _check(session, files, stored, pdfs, now)
        faults += found
        notes += more_notes
        if faults:
            return ImportReport(shown, _in_order(faults, files), tuple(notes))
        known_associations = set(stored.associations)
        settle_all(session)  # what has arrived or was printed stays so, whatever this import changes
        counts = apply(session, files, stored, states, {line: pdf.key for line, pdf in pdfs.items()})
        _record(session, shown, counts, now, states)
        notes += [
            f"Association « {association.name} » : son serveur SMTP se règle dans le bloc « smtp-{code} »."
            for code, association in stored.associations.items()
            if code not in known_associations
        ]
    return ImportReport(shown, (), tuple(notes), counts)


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


def _record(
    session: Session,
    shown: str,
    counts: Mapping[str, Counts],
    now: datetime,
    states: Mapping[Pair, InvoiceState],
) -> None:
    session.add(
        ImportRun(
            imported_at=now,
            source=shown[-LONGEST_SOURCE:],
            with_balances=any(_brings_balance(state) for state in states.values()),
            created=sum(count.created for count in counts.values()),
            updated=sum(count.updated for count in counts.values()),
            unchanged=sum(count.unchanged for count in counts.values()),
        )
    )


def _brings_balance(state: InvoiceState) -> bool:
    """Whether the file says what a client still owes: the contributions of a month make no balance fresh."""
    return state.row is not None and bool(state.values["client_code"]) and "balance" in state.row.values
