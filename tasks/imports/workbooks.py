"""The first sheet of an Excel workbook (.xlsx) as the same text cells that a CSV file gives."""

from __future__ import annotations

import html
import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from tasks.entry.problems import Problem
from tasks.imports.bounds import MAX_CELL_CHARACTERS, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_WORKBOOK_BYTES
from tasks.imports.cells import Sheet, SheetProblem, checked_header, text_too_long, too_many_rows
from tasks.imports.sheet_traps import FIRST_PARTS, Traps
from tasks.imports.unpacking import member_problem, open_archive, read_member

EXPECTED_XLSX = "un classeur Excel .xlsx ordinaire, sans mot de passe"

# The reader gives an error ("#N/A") as an empty cell, and an import would clear an address: it is read as text.
_ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=)(["'])e\2""")
# Many cells may refer to one text. A text in pieces, or in another encoding, meets the bound on memory instead.
_LONG_TEXT = re.compile(rb"[^<>]{%d,}" % (MAX_CELL_CHARACTERS + 1))
_REFERENCE = re.compile(r"([A-Za-z]{1,3})?(\d{1,7})", re.ASCII)


class _OutOfBoundsError(Exception):
    """A cell lies so far away that the reader would need memory for a billion cells between."""


def read_xlsx(content: bytes) -> Sheet | SheetProblem:
    """The cells of the first sheet, whatever the bytes are.

    Numbers lose their format, but for leading zeros; dates become ISO.
    """
    traps = Traps()
    copy = _checked_copy(content, traps)
    if isinstance(copy, Problem):
        return SheetProblem(copy)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(copy)).get_sheet_by_index(0)
        cells = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError, OverflowError):
        return SheetProblem(Problem("le fichier n'est pas un classeur lisible", EXPECTED_XLSX))
    filled = [
        (line, tuple(_text(value) for value in row))
        for line, row in enumerate(cells, start=1)
        if any(value != "" and (not isinstance(value, str) or value.strip()) for value in row)
    ]
    if not filled:
        return SheetProblem(Problem("le fichier est vide", "une première ligne avec les noms des colonnes"))
    if len(filled) - 1 > MAX_ROWS:
        return SheetProblem(too_many_rows(), MAX_ROWS + 2)
    checked = checked_header(filled[0], tuple(filled[1:]))
    return checked if isinstance(checked, SheetProblem) else replace(checked, notes=tuple(traps.notes))


def _text(value: float | str | bool | date | datetime | time | timedelta) -> str:
    match value:
        case str():
            return value
        case bool():
            return "oui" if value else "non"
        case int() | float():
            # 15 digits are what Excel itself keeps and shows: 0.1 + 0.2 is 0.3 there.
            digits = f"{value:.15g}"
            return f"{float(digits):.0f}" if "e+" in digits else digits
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case _:
            return str(value)


def _checked_copy(content: bytes, traps: Traps) -> bytes | Problem:
    """The parts of a workbook that hold cells, unpacked within bounds and packed again without compression.

    So the reader of workbooks, which trusts what it is given, unpacks nothing that was not measured here. ``traps``
    learns what that reader drops.
    """
    archive = open_archive(io.BytesIO(content), MAX_WORKBOOK_BYTES)
    unreadable = Problem("le fichier n'est pas un classeur lisible", EXPECTED_XLSX)
    if isinstance(archive, Problem):
        return archive if "plus de" in archive.problem else unreadable
    copy = io.BytesIO()
    left = MAX_WORKBOOK_BYTES
    with zipfile.ZipFile(copy, "w") as output:
        for member in sorted(archive.infolist(), key=lambda m: _rank(m.filename)):
            if not member.filename.endswith((".xml", ".rels")):
                continue
            problem = member_problem(member)
            part = problem or read_member(archive, member, left)
            if isinstance(part, Problem):
                return part
            left -= len(part)
            if any(_is_too_long(text[0]) for text in _LONG_TEXT.finditer(part)):
                return text_too_long()
            try:
                _check_extent(part)
                part = traps.learn(member.filename, part)
            except _OutOfBoundsError:
                return Problem(
                    "le classeur a des cellules trop loin à droite ou en bas",
                    f"au plus {MAX_COLUMNS} colonnes et {MAX_ROWS} lignes",
                )
            except expat.ExpatError:
                return unreadable
            output.writestr(member.filename, _ERROR_CELL.sub(rb"\1\2str\2", part))
    return copy.getvalue()


def _is_too_long(text: bytes) -> bool:
    return len(html.unescape(text.decode("utf-8", "replace").strip())) > MAX_CELL_CHARACTERS


def _rank(name: str) -> int:
    """The parts that tell how to read the others come first."""
    return FIRST_PARTS.index(name) if name in FIRST_PARTS else len(FIRST_PARTS)


def _check_extent(part: bytes) -> None:
    """Raise _OutOfBoundsError when a cell with content lies outside of the bounds.

    Formatted empty cells may lie anywhere: Excel writes them down to row 1,048,576.
    """
    row = column = lowest = rightmost = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, lowest, rightmost
        name = name.rpartition(":")[2]
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        if name == "row":
            row, column = int(reference[2]) if reference else row + 1, 0
        elif name == "c":
            column += 1
            if reference:
                row = int(reference[2])
                column = _column(reference[1]) if reference[1] else column
            elif "r" in attributes:
                raise _OutOfBoundsError
        elif name in {"v", "is", "t"}:
            lowest, rightmost = max(lowest, row), max(rightmost, column)
            if lowest > MAX_ROWS + 1 or rightmost > MAX_COLUMNS or lowest * rightmost > MAX_CELLS:
                raise _OutOfBoundsError

    def refuse_entity(*_: object) -> None:
        raise _OutOfBoundsError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse_entity
    parser.Parse(part, True)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
