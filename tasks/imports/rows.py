"""From the cells of a file to rows of values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tasks.entry.parsing import fold, is_spreadsheet_error
from tasks.entry.problems import Problem, visible
from tasks.imports.cells import Sheet
from tasks.imports.columns import Column, Table
from tasks.imports.faults import Fault
from tasks.imports.sheet_traps import UNSAVED_FORMULA


@dataclass(slots=True)
class Row:
    """One row. ``values`` has the attributes that the file has a column for and that could be read.

    ``written`` has what stood in the cells; ``faulty`` names the attributes whose cell could not be read.
    """

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)


@dataclass(slots=True)
class TableFile:
    """The rows of one file of the import, and the sheet they come from.

    A file that could not be read at all, or lacks what its rows are known by, is there, not ``readable``: nobody can
    say what it does not hold.
    """

    table: Table
    file: str
    rows: list[Row] = field(default_factory=list)
    readable: bool = True
    sheet: Sheet | None = None

    def fault(self, row: Row, attribute: str, problem: Problem) -> Fault:
        """Place a problem at a cell of this file."""
        column = self.table.column(attribute)
        return Fault.of(problem, self.file, row.line, column.name, row.written.get(attribute, "").strip())


def read_rows(table: Table, file: str, sheet: Sheet) -> tuple[TableFile, list[Fault], list[str]]:
    """The rows of a sheet, every fault in them, and notes on the columns that are left alone."""
    found = TableFile(table, file, sheet=sheet)
    columns, faults, notes = _find_columns(table, file, sheet)
    notes += [f"{file} : {note}" for note in sheet.notes]
    if not columns:
        found.readable = False
        return found, faults, []
    found.readable = {column.attribute for column, _ in columns} >= {c.attribute for c in table.keys}
    for line, cells in sheet.rows:
        row = Row(line)
        extra = [cell for cell in cells[len(sheet.header) :] if cell.strip()]
        if extra:
            problem = Problem(
                f"cette ligne a {len(cells)} champs, l'en-tête {len(sheet.header)}",
                "un texte qui contient « ; » entre guillemets",
            )
            faults.append(Fault.of(problem, file, line))
        for column, position in columns:
            cell = cells[position] if position < len(cells) else ""
            row.written[column.attribute] = cell
            value = _value(column, cell)
            if isinstance(value, Problem):
                row.faulty.add(column.attribute)
                faults.append(found.fault(row, column.attribute, value))
            else:
                row.values[column.attribute] = value
        found.rows.append(row)
    return found, faults, notes


def _value(column: Column, cell: str) -> Any:
    if not cell.strip():
        return Problem("ce champ est vide", "une valeur") if column.required else column.empty
    if cell == UNSAVED_FORMULA:
        return Problem(
            "est une formule dont la valeur n'est pas enregistrée",
            "une valeur : ouvrez le fichier dans Excel, enregistrez-le, importez de nouveau",
        )
    if is_spreadsheet_error(cell):
        return Problem("est une erreur d'Excel", "une valeur")
    return column.parse(cell)


def _find_columns(table: Table, file: str, sheet: Sheet) -> tuple[list[tuple[Column, int]], list[Fault], list[str]]:
    known = {fold(column.name): column for column in table.columns}
    found: dict[str, tuple[Column, int]] = {}
    faults: list[Fault] = []
    unknown: list[str] = []
    nameless = False
    for position, name in enumerate(sheet.header):
        column = known.get(fold(name))
        if column is None:
            if name:
                unknown.append(f"« {visible(name)} »")
            else:
                nameless = nameless or any(cells[position].strip() for _, cells in sheet.rows if position < len(cells))
        elif column.name in found:
            problem = Problem("cette colonne figure deux fois", "une seule colonne de ce nom")
            faults.append(Fault.of(problem, file, sheet.header_line, column.name))
        else:
            found[column.name] = (column, position)
    if not found:
        names = ", ".join(column.name for column in table.columns if column.required)
        problem = Problem("cette ligne n'est pas celle des noms de colonnes", f"une première ligne avec {names}")
        return [], [Fault.of(problem, file, sheet.header_line)], []
    for column in table.columns:
        if column.required and column.name not in found:
            problem = Problem("cette colonne manque", "une colonne de ce nom, remplie à chaque ligne")
            faults.append(Fault.of(problem, file, sheet.header_line, column.name))
    if table.one_of and not any(name in found for name in table.one_of):
        problem = Problem("cette colonne manque", f"une colonne {' ou '.join(table.one_of)}")
        faults.append(Fault.of(problem, file, sheet.header_line, table.one_of[0]))
    notes = []
    if unknown:
        what = "colonne inconnue, laissée de côté" if len(unknown) == 1 else "colonnes inconnues, laissées de côté"
        notes.append(f"{file} : {what} : {', '.join(unknown)}.")
    if nameless:
        notes.append(f"{file} : une colonne sans nom est laissée de côté.")
    return list(found.values()), faults, notes
