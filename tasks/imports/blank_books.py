"""Workbooks to fill in: one for each file of an import, with headings, explanations and lists to choose from."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tasks.entry import parsing
from tasks.entry.parsing import Offered
from tasks.imports.columns import TABLES, Column, Table
from tasks.imports.explanations import explain_column

LAST_ROW = 5_000  # as far as the lists reach
EXPLANATIONS = "Explications"


def write_blank_books(folder: Path) -> list[Path]:
    """Write the workbooks into ``folder``; FileExistsError when one is there already: it may be filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{table.name}.xlsx" for table in TABLES]
    for path in paths:
        if path.exists():
            raise FileExistsError(str(path))
    for table, path in zip(TABLES, paths, strict=True):
        _write(table, path)
    return paths


def _write(table: Table, path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        formats = {
            "must": book.add_format({"bold": True, "bg_color": "#CFE2F3", "border": 1}),
            "may": book.add_format({"bg_color": "#EEEEEE", "border": 1}),
            "text": book.add_format({"num_format": "@"}),
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "amount": book.add_format({"num_format": "0.00"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for position, column in enumerate(table.columns):
            _column(sheet, position, table, column, formats)
        _explanations(book.add_worksheet(EXPLANATIONS), table, formats)


def _column(sheet: Worksheet, position: int, table: Table, column: Column, formats: dict[str, Format]) -> None:
    kinds: dict[object, str] = {parsing.day: "date", parsing.amount: "amount"}
    sheet.set_column(position, position, max(14, len(column.name) + 3), formats[kinds.get(column.parse, "text")])
    sheet.write_string(0, position, column.name, formats["must" if column.required else "may"])
    must = "Obligatoire. " if column.required else ""
    sheet.write_comment(0, position, f"{must}{explain_column(table, column)}", {"x_scale": 2.5, "author": "Facteur"})
    if isinstance(column.parse, Offered):
        # Another word is refused where only these are read.
        rule = {"validate": "list", "source": list(column.parse.words), "show_error": column.parse.only_these}
        rule |= {"error_title": "Facteur", "error_message": f"Écrivez : {', '.join(column.parse.words)}."}
        sheet.data_validation(1, position, LAST_ROW, position, rule)


def _explanations(sheet: Worksheet, table: Table, formats: dict[str, Format]) -> None:
    for position, (heading, width) in enumerate(
        (("Colonne", 28), ("Obligatoire", 12), ("Contenu", 80), ("Valeurs", 40))
    ):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, heading, formats["must"])
    for row, column in enumerate(table.columns, start=1):
        words = ", ".join(column.parse.words) if isinstance(column.parse, Offered) else ""
        cells = (column.name, "oui" if column.required else "", explain_column(table, column), words)
        for position, text in enumerate(cells):
            sheet.write_string(row, position, text, formats["wrap"])
