"""A table file as text cells: CSV as a French Excel writes it, or the same in a sheet."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from tasks.entry.problems import Problem, is_hidden
from tasks.imports.bounds import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_LINE_CHARACTERS, MAX_ROWS

EXPECTED_CSV = "un fichier CSV (champs séparés par « ; », UTF-8 ou Windows-1252)"

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of a file: the names of its columns, then (line, cells) for each row that is not empty.

    ``line`` counts from 1 as an editor does; a row with line breaks in a field has the number of its first line.
    ``notes`` are French clauses about what the sheet hides.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    header_line: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """Why the cells of a file cannot be read, and at which line that was seen."""

    problem: Problem
    line: int | None = None


def read_csv(content: bytes) -> Sheet | SheetProblem:
    """The cells of a CSV file, whatever the bytes are."""
    text = _decode(content)
    if isinstance(text, Problem):
        return SheetProblem(text)
    too_long = _endless_line(text)
    if too_long is not None:
        return SheetProblem(Problem("cette ligne est trop longue", EXPECTED_CSV), too_long)
    return _collect(text)


def _decode(content: bytes) -> str | Problem:
    if content.startswith(_BYTE_ORDER_MARKS):
        return Problem("le fichier est enregistré en UTF-16", EXPECTED_CSV)
    if b"\0" in content:
        return Problem("le fichier n'est pas un texte", EXPECTED_CSV)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if _UTF8_LETTER.search(content):
        return Problem("le fichier mélange deux encodages : ses lettres accentuées seraient fausses", EXPECTED_CSV)
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return Problem("le fichier n'est pas un texte", EXPECTED_CSV)


def _endless_line(text: str) -> int | None:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > MAX_LINE_CHARACTERS:
            return number
    return None


def _collect(text: str) -> Sheet | SheetProblem:
    # Strict: a quote that is not closed would swallow the rows after it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    header: tuple[int, tuple[str, ...]] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            expected = 'un guillemet double ("") pour chaque guillemet d\'un texte, et un guillemet à la fin du champ'
            return SheetProblem(Problem("les guillemets de cette ligne ne se ferment pas bien", expected), line)
        if cells is None:
            break
        if len(cells) > MAX_COLUMNS:
            return SheetProblem(Problem(f"plus de {MAX_COLUMNS} colonnes", EXPECTED_CSV), line)
        if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
            return SheetProblem(text_too_long(), line)
        if any(cell.strip() for cell in cells) and not (header is None and cells == ["sep=", ""]):
            if header is None:
                header = (line, tuple(cells))
            else:
                rows.append((line, tuple(cells)))
        if len(rows) > MAX_ROWS:
            return SheetProblem(too_many_rows(), line)
        line = reader.line_num + 1
    if header is None:
        return SheetProblem(Problem("le fichier est vide", "une première ligne avec les noms des colonnes"))
    if rows and len(rows[-1][1]) < len(header[1]) and not text.endswith(("\n", "\r")):
        return SheetProblem(Problem("le fichier s'arrête au milieu de cette ligne", "un fichier entier"), rows[-1][0])
    return checked_header(header, tuple(rows))


def text_too_long() -> Problem:
    return Problem("le texte d'une cellule est trop long", f"au plus {MAX_CELL_CHARACTERS} caractères par cellule")


def too_many_rows() -> Problem:
    return Problem(f"plus de {MAX_ROWS} lignes", f"au plus {MAX_ROWS} lignes : partagez l'import en plusieurs")


def checked_header(
    header: tuple[int, tuple[str, ...]], rows: tuple[tuple[int, tuple[str, ...]], ...]
) -> Sheet | SheetProblem:
    """The sheet, if its first row can be the names of columns."""
    line, names = header
    if any(is_hidden(character) and character not in "\n\r\t" for name in names for character in name):
        return SheetProblem(Problem("les noms des colonnes contiennent des caractères illisibles", EXPECTED_CSV), line)
    if len(names) == 1 and any(sign in names[0] for sign in ",\t|"):
        return SheetProblem(Problem("les champs ne sont pas séparés par des points-virgules", EXPECTED_CSV), line)
    return Sheet(tuple(name.strip() for name in names), rows, line)
