"""Finding the known files of an import and reading them."""

from __future__ import annotations

from pathlib import PurePosixPath

from tasks.entry.confined import Confined, Lost
from tasks.entry.problems import Problem, visible
from tasks.french.numbers import counted
from tasks.imports.bounds import MAX_FILE_BYTES, MEGABYTE, OPENING_BYTES, WORKBOOK_SECONDS
from tasks.imports.cells import Sheet, SheetProblem, read_csv
from tasks.imports.columns import TABLES, Table
from tasks.imports.faults import Fault
from tasks.imports.near_names import near_name_fault
from tasks.imports.rows import TableFile, read_rows
from tasks.imports.source import Finder, Source
from tasks.imports.workbooks import EXPECTED_XLSX, read_xlsx

NAMED_FILES = 10

_SUFFIXES = (".csv", ".xlsx")


def read_tables(source: Source) -> tuple[dict[str, TableFile], list[Fault], list[str]]:
    """All six tables of an import (one that is missing has no rows), every fault in their cells, and the notes."""
    files: dict[str, TableFile] = {}
    faults = list(source.faults)
    notes: list[str] = []
    known: set[str] = set()
    for table in TABLES:
        found = [name for name in source.names if _is_file_of(table, name)]
        known |= set(found)
        if not found:
            files[table.name] = TableFile(table, f"{table.name}.csv")
            continue
        if len(found) > 1:
            problem = Problem(
                f"ce fichier est donné plusieurs fois : {', '.join(map(visible, found))}",
                f"un seul fichier {table.name}, en .csv ou en .xlsx",
            )
            faults.append(Fault.of(problem, visible(found[-1])))
            files[table.name] = TableFile(table, visible(found[-1]), readable=False)
            continue
        files[table.name], table_faults, table_notes = _read_table(source, table, found[0])
        faults += table_faults
        notes += table_notes
    faults += [fault for name in source.names if name not in known and (fault := near_name_fault(name))]
    if not known and not faults:
        names = ", ".join(table.name for table in TABLES)
        expected = f"au moins un de ces fichiers, en .csv ou en .xlsx : {names}"
        faults.append(Fault.of(Problem("aucun fichier connu", expected), "dossier"))
    return files, faults, notes + _left_aside(source, files["factures"], known)


def _is_file_of(table: Table, name: str) -> bool:
    path = PurePosixPath(name.lower())
    return len(path.parts) == 1 and path.stem == table.name and path.suffix in _SUFFIXES


def _read_table(source: Source, table: Table, name: str) -> tuple[TableFile, list[Fault], list[str]]:
    shown = visible(name)
    unreadable = TableFile(table, shown, readable=False)
    content = source.read(name, MAX_FILE_BYTES)
    if isinstance(content, Problem):
        return unreadable, [Fault.of(content, shown)], []
    sheet = read_csv(content) if name.lower().endswith(".csv") else _read_beside(content)
    if isinstance(sheet, SheetProblem):
        return unreadable, [Fault.of(sheet.problem, shown, sheet.line)], []
    return read_rows(table, shown, sheet)


def _read_beside(content: bytes) -> Sheet | SheetProblem:
    """``read_xlsx`` in a process beside: a small workbook may unfold to gigabytes, or bring its reader down."""
    with Confined(OPENING_BYTES, WORKBOOK_SECONDS) as beside:
        sheet = beside.call(read_xlsx, content)
    if isinstance(sheet, Lost):
        bounds = f"{OPENING_BYTES // MEGABYTE} Mo de mémoire et {WORKBOOK_SECONDS // 60} minutes"
        return SheetProblem(Problem(f"le classeur ne s'ouvre pas en {bounds}", EXPECTED_XLSX))
    return sheet


def _left_aside(source: Source, invoices: TableFile, known: set[str]) -> list[str]:
    if not known:  # whoever typed the name of any folder would be told what lies in it
        return []
    finder = Finder(source.names)
    named = {finder.find(row.values["pdf_name"]) for row in invoices.rows if row.values.get("pdf_name")}
    unknown = [name for name in source.names if name not in known and name not in named and not near_name_fault(name)]
    if not unknown:
        return []
    listed = ", ".join(f"« {visible(name)} »" for name in unknown[:NAMED_FILES])
    more = f" et {counted(len(unknown) - NAMED_FILES, 'autre', 'autres')}" if len(unknown) > NAMED_FILES else ""
    what = "fichier inconnu, laissé de côté" if len(unknown) == 1 else "fichiers inconnus, laissés de côté"
    return [f"{what[0].upper()}{what[1:]} : {listed}{more}."]
