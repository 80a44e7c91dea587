"""The PDFs that invoices name: found in the import, checked, and each the invoice of one debtor only."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from tasks.composing import archive
from tasks.entry.confined import Confined, Lost
from tasks.entry.parsing import fold
from tasks.entry.problems import Problem, visible
from tasks.french.numbers import counted
from tasks.imports.bounds import MAX_PDF_BYTES, MEGABYTE, OPENING_BYTES, PDF_SECONDS
from tasks.imports.faults import Fault
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.pdfs import EXPECTED_PDF, examine_pdf, pdf_text
from tasks.imports.rows import Row, TableFile
from tasks.imports.source import Finder, Source
from tasks.imports.stored import QUERY_VALUES, Pair, pair_of
from tasks.imports.unpacking import unsafe_name

NAMED_PDFS = 10


@dataclass(frozen=True, slots=True)
class CheckedPdf:
    """A PDF that can be sent. ``key`` is the digest of the bytes that were checked, and so their key in the archive.

    ``active`` is what it does at the reader's beyond being shown, in French words. ``text`` is what stands on its first
    pages, folded, as far as it can be read.
    """

    name: str
    key: str
    active: tuple[str, ...] = ()
    text: str = ""


def check_pdfs(source: Source, file: TableFile) -> tuple[dict[int, CheckedPdf], list[Fault]]:
    """The PDF of each row that names one, by the row's line, and every fault of these.

    The same file, or a copy of it, for two invoices would show one debtor the invoice of another.
    """
    pdfs: dict[int, CheckedPdf] = {}
    first_row: dict[str, Row] = {}
    faults: list[Fault] = []
    finder = Finder(source.names)
    wanted_by = [(row, row.values["pdf_name"]) for row in file.rows if row.values.get("pdf_name")]
    with Confined(OPENING_BYTES, PDF_SECONDS) as beside:
        for row, wanted in wanted_by:
            found = _check(source, finder, wanted, beside)
            if isinstance(found, CheckedPdf):
                first = first_row.setdefault(found.key, row)
                if first is not row:
                    number = visible(first.written.get("number", "").strip())
                    found = Problem(
                        f"est aussi le PDF de la facture {number} (ligne {first.line})", "un PDF différent par facture"
                    )
            if isinstance(found, Problem):
                faults.append(file.fault(row, "pdf_name", found))
            else:
                pdfs[row.line] = found
    return pdfs, faults


def active_notes(file: TableFile, pdfs: Mapping[int, CheckedPdf]) -> list[str]:
    """A sentence for each kind of active content. It is sent as it came: Facteur does not change an invoice."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for pdf in pdfs.values():
        for words in pdf.active:
            names[words].append(f"« {visible(pdf.name)} »")
    notes = []
    for words, found in names.items():
        more = f" et {counted(len(found) - NAMED_PDFS, 'autre', 'autres')}" if len(found) > NAMED_PDFS else ""
        notes.append(
            f"{file.file} : {counted(len(found), 'PDF contient', 'PDF contiennent')} {words}, et part tel quel : "
            f"{', '.join(found[:NAMED_PDFS])}{more}. Demandez à l'éditeur du logiciel de facturation pourquoi."
        )
    return notes


def archive_pdfs(source: Source, file: TableFile, pdfs: Mapping[int, CheckedPdf], folder: Path) -> list[Fault]:
    """Store the checked PDFs; a fault for each that is no longer what was checked."""
    faults: list[Fault] = []
    for row in file.rows:
        pdf = pdfs.get(row.line)
        if pdf is None:
            continue
        content = source.read(pdf.name, MAX_PDF_BYTES)
        if isinstance(content, bytes) and _digest(content) == pdf.key:
            archive.put(folder, content)
        else:
            problem = Problem("a changé pendant l'import", "un fichier que personne ne modifie : relancez l'import")
            faults.append(file.fault(row, "pdf_name", problem))
    return faults


def check_owners(
    session: Session, file: TableFile, pdfs: Mapping[int, CheckedPdf], states: Mapping[Pair, InvoiceState]
) -> list[Fault]:
    """A fault for each PDF that another invoice in the database has, and will still have after the import."""
    rows = {pdfs[row.line].key: row for row in file.rows if row.line in pdfs}
    keys = sorted(rows)
    faults: list[Fault] = []
    for start in range(0, len(keys), QUERY_VALUES):
        owners = session.execute(
            select(Structure.code, Invoice.number, Invoice.pdf_key)
            .join(Invoice, Invoice.structure_id == Structure.id)
            .where(Invoice.pdf_key.in_(keys[start : start + QUERY_VALUES]))
        )
        for structure, number, key in owners:
            row = rows[key]
            owner = states.get((structure, number))
            if pair_of(row) in {(structure, number), None} or (owner and owner.row and "pdf_name" in owner.row.values):
                continue
            problem = Problem(f"est déjà le PDF de la facture {number}", "un PDF différent par facture")
            faults.append(file.fault(row, "pdf_name", problem))
    return faults


def _check(source: Source, finder: Finder, wanted: str, beside: Confined) -> CheckedPdf | Problem:
    if unsafe_name(wanted):
        return Problem("désigne un fichier hors du dossier de l'import", "le nom d'un PDF de ce dossier")
    name = finder.find(wanted)
    if name is None:
        return Problem("n'est pas un fichier de l'import", "le nom d'un PDF du dossier, comme F2024-0001.pdf")
    content = source.read(name, MAX_PDF_BYTES)
    if isinstance(content, Problem):
        return Problem(_predicate(content.problem), content.expected)
    found = beside.call(examine_pdf, content)
    if isinstance(found, Lost):
        bounds = f"{OPENING_BYTES // MEGABYTE} Mo de mémoire et {PDF_SECONDS} secondes"
        return Problem(f"est un PDF endommagé, qui ne s'ouvre pas en {bounds}", EXPECTED_PDF)
    if isinstance(found, Problem):
        return found
    text = beside.call(pdf_text, content)
    return CheckedPdf(name, _digest(content), found, "" if isinstance(text, Lost) else fold(text))


def _predicate(clause: str) -> str:
    """A clause about a file, said of its name."""
    for subject in ("le fichier ", "ce fichier "):
        clause = clause.removeprefix(subject)
    return clause


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
