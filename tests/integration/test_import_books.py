"""The workbooks of an import: every fault of a refused one, in colour, and those to fill in."""

from __future__ import annotations

import re
import stat
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from flows.cli.commands.import_folder import run
from tasks.imports.cells import Sheet
from tasks.imports.columns import TABLES
from tasks.imports.explanations import explain_column
from tasks.imports.report import SHOWN_FAULTS, ImportReport
from tasks.imports.rows import read_rows
from tasks.imports.run import import_source
from tasks.imports.workbooks import read_xlsx
from tests.integration.small_import import NOW, write

PEOPLE = 300


def refused(folder: Path, database_url: str) -> ImportReport:
    report = import_source(folder, database_url, folder.parent / "archive", NOW, books=folder.parent / "books")
    assert report.faults
    return report


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as book:
        return book.read(name).decode()


def test_every_fault_is_in_a_workbook_with_a_copy_of_the_files(database_url: str, tmp_path: Path) -> None:
    """Also those that a page does not show; what looks like a formula stays text; the owner alone may read it."""
    folder = write(tmp_path / "import", ("clients.csv", "professionnel", "pro"))
    rows = "".join(f"S1;N{n};=1+1;Anne;pas une adresse\n" for n in range(PEOPLE))
    (folder / "residents.csv").write_text(
        "structure;code;nom;prenom;email\nS1;R1;A;B;\nS1;R2;A;B;\nS2;R1;A;B;\n" + rows
    )
    report = refused(folder, database_url)
    assert len(report.faults) == PEOPLE + 1 > SHOWN_FAULTS
    path = Path(report.fault_book)
    assert path.name == "anomalies-import-2024-10-02-1030.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    listed = read_xlsx(path.read_bytes())
    assert isinstance(listed, Sheet)
    assert [cells[:4] for _, cells in listed.rows] == [
        (fault.file, str(fault.line), fault.column, fault.value) for fault in report.faults
    ]
    copy = part(path, "xl/worksheets/sheet2.xml")
    assert part(path, "xl/workbook.xml").count("<sheet ") == 3  # the list, residents, clients
    assert "<f>" not in copy
    styles = dict(re.findall(r'<c r="(\w+)" s="(\d+)"', copy))
    assert styles["E5"] == styles[f"E{PEOPLE + 4}"] != styles["D5"] == styles["E4"]
    assert part(path, "xl/comments1.xml").count("<comment ") == PEOPLE
    again = refused(folder, database_url)
    assert Path(again.fault_book).name == "anomalies-import-2024-10-02-1030-2.xlsx"


@pytest.mark.parametrize("dry_run", [True, False])
def test_no_workbook_is_written_for_a_trial_nor_without_faults(
    dry_run: bool, database_url: str, tmp_path: Path
) -> None:
    change = [("clients.csv", "professionnel", "pro")] if dry_run else []
    folder = write(tmp_path / "import", *change)
    books = tmp_path / "books"
    report = import_source(folder, database_url, tmp_path / "archive", NOW, dry_run=dry_run, books=books)
    assert bool(report.faults) == dry_run
    assert (report.fault_book, books.exists()) == ("", False)


def test_a_folder_that_cannot_be_written_is_a_note(database_url: str, tmp_path: Path) -> None:
    """The faults are told all the same."""
    (tmp_path / "books").write_text("")
    report = refused(write(tmp_path / "import", ("clients.csv", "professionnel", "pro")), database_url)
    assert report.fault_book == ""
    assert any(note.startswith("Le classeur des anomalies n'a pas pu être écrit") for note in report.notes)


def test_faults_of_whole_files_and_strange_texts_are_in_it_too(database_url: str, tmp_path: Path) -> None:
    """A missing column, a file that is none, a row that is too long, control characters."""
    folder = write(tmp_path / "import", ("tuteurs.csv", ";nom;", ";NON;"), ("clients.csv", "Mairie", "Mai\x07rie"))
    (folder / "residents.csv").write_bytes(b"\xff\xfe")
    with (folder / "lignes.csv").open("a") as file:
        file.write("F1;x;;;1;9;9;9\n")
    report = refused(folder, database_url)
    listed = read_xlsx(Path(report.fault_book).read_bytes())
    assert isinstance(listed, Sheet)
    assert len(listed.rows) == len(report.faults) >= 4


def test_the_templates_are_what_an_import_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every column, each explained, with lists; and none is ever written over."""

    def templates() -> int:
        options: dict[str, Any] = {"dry_run": False, "json": False, "yes": "", "templates": tmp_path / "vides"}
        return run(Namespace(folder=None, **options))

    assert templates() == 0
    for table in TABLES:
        path = tmp_path / "vides" / f"{table.name}.xlsx"
        sheet = read_xlsx(path.read_bytes())
        assert isinstance(sheet, Sheet)
        file, faults, notes = read_rows(table, path.name, sheet)
        assert (faults, notes, file.readable) == ([], [], True)
        assert sheet.header == tuple(column.name for column in table.columns)
        assert [column.name for column in table.columns if not explain_column(table, column)] == []
        assert part(path, "xl/comments1.xml").count("<comment ") == len(table.columns)
    lists = part(tmp_path / "vides" / "residents.xlsx", "xl/worksheets/sheet1.xml")
    assert '<formula1>"tous,résident,tuteur,papier"</formula1>' in lists
    capsys.readouterr()
    assert templates() == 1
    assert "existe déjà" in capsys.readouterr().err
