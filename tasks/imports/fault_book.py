"""Every fault of a refused import as a workbook: a list, and a copy of each file with its faulty cells coloured."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from models.values.moments import PARIS
from tasks.entry.parsing import fold
from tasks.imports.faults import Fault
from tasks.imports.rows import TableFile
from tasks.imports.stored import Files

STEM = "anomalies-import"
LIST = "Anomalies"
LONGEST_CELL = 32_000  # what a cell of Excel holds, less some
MOST_COMMENTS = 5_000  # each is a drawing: more would make Excel slow; the last column has all words anyway
HEADINGS = (("Fichier", 22), ("Ligne", 8), ("Colonne", 18), ("Valeur", 44), ("Anomalie", 70), ("Attendu", 90))


def write_fault_book(folder: Path, files: Files, faults: Sequence[Fault], now: datetime) -> Path:
    """Write the workbook into ``folder`` under a name of its own, for its owner alone; OSError when it cannot.

    Each cell is text, whatever it holds: a formula in somebody's file is not run by opening this one. The rows have the
    numbers that they have in their file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = folder / f".{STEM}-{uuid4().hex}.xlsx"
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _write(temporary, files, faults)
        return _named(temporary, folder, now)
    except XlsxWriterException as error:
        raise OSError(str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _named(temporary: Path, folder: Path, now: datetime) -> Path:
    stem = f"{STEM}-{now.astimezone(PARIS):%Y-%m-%d-%H%M}"
    path, number = folder / f"{stem}.xlsx", 1
    while True:
        try:
            os.link(temporary, path)  # unlike a renaming, it never replaces a file
            return path
        except FileExistsError:
            number += 1
            path = folder / f"{stem}-{number}.xlsx"


def _write(path: Path, files: Files, faults: Sequence[Fault]) -> None:
    by_file: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_file[fault.file].append(fault)
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#DDE3EA", "num_format": "@"}),
            "cell": book.add_format({"num_format": "@"}),
            "fault": book.add_format({"num_format": "@", "bg_color": "#F8B4B4"}),
            "words": book.add_format({"num_format": "@", "font_color": "#A01010"}),
        }
        copies = {file.file: file for file in files.values() if file.sheet is not None and file.file in by_file}
        _list(book.add_worksheet(LIST), faults, copies, formats)
        for file in copies.values():
            _copy(book.add_worksheet(file.table.name), file, by_file[file.file], formats)


def _list(
    sheet: Worksheet, faults: Sequence[Fault], copies: Mapping[str, TableFile], formats: Mapping[str, Format]
) -> None:
    for column, (heading, width) in enumerate(HEADINGS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, formats["head"])
    sheet.freeze_panes(1, 0)
    _to_print(sheet)
    sheet.autofilter(0, 0, max(1, len(faults)), len(HEADINGS) - 1)
    for row, fault in enumerate(faults, start=1):
        line = str(fault.line) if fault.line is not None else ""
        file = copies.get(fault.file)
        cells = (fault.file, line, fault.column, fault.value, fault.problem, fault.expected)
        for column, text in enumerate(cells):
            sheet.write_string(row, column, _text(text), formats["cell"])
        if file is not None and fault.line is not None and row <= MOST_COMMENTS:
            place = f"internal:'{file.table.name}'!A{fault.line}"
            sheet.write_url(row, 1, place, formats["cell"], line)


def _copy(sheet: Worksheet, file: TableFile, faults: Sequence[Fault], formats: Mapping[str, Format]) -> None:
    assert file.sheet is not None
    positions = {fold(name): column for column, name in reversed(list(enumerate(file.sheet.header)))}
    last = len(file.sheet.header)
    words: dict[int, list[str]] = defaultdict(list)
    marked: dict[tuple[int, int], list[str]] = defaultdict(list)
    for fault in faults:
        line = fault.line or file.sheet.header_line
        words[line].append(f"{fault.column} : {fault.problem} ; attendu : {fault.expected}".removeprefix(" : "))
        column = positions.get(fold(fault.column)) if fault.column else None
        if column is not None:
            marked[line, column].append(f"{fault.problem}. Attendu : {fault.expected}")
    sheet.set_column(0, last - 1, 18)
    sheet.set_column(last, last, 90)
    sheet.freeze_panes(file.sheet.header_line, 0)
    _to_print(sheet)
    comments = 0
    for line, cells in ((file.sheet.header_line, file.sheet.header), *file.sheet.rows):
        head = line == file.sheet.header_line
        for column, cell in enumerate(cells):
            found = marked.get((line, column))
            style = formats["fault"] if found else formats["head"] if head else formats["cell"]
            sheet.write_string(line - 1, column, _text(cell), style)
            if found and comments < MOST_COMMENTS:
                sheet.write_comment(line - 1, column, _text("\n".join(found)), {"x_scale": 2.5, "author": "Facteur"})
                comments += 1
        said = ["Anomalies"] if head and not words.get(line) else words.get(line, [])
        if said:
            style = formats["head"] if head else formats["words"]
            sheet.write_string(line - 1, max(last, len(cells)), _text(" / ".join(said)), style)


def _to_print(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()[:LONGEST_CELL]
