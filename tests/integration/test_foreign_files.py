"""Files that would take the machine down: a fault of that file, and the process that imports stays small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from models.database.session import writing
from models.tables.invoice import Invoice
from settings.load import load_settings
from tasks.campaigns.requests import Scope
from tasks.composing import archive
from tasks.printing.invoices import print_letters
from tests.integration.small_import import accepted, bring, write
from tests.unit.imports.bombs import (
    pdf_that_launches,
    pdf_that_runs_javascript,
    pdf_with_attached,
    pdf_with_table_of,
    shared_text_workbook,
)
from tests.unit.imports.test_pdfs import pdf
from tests.workplace import PERIOD, Workplace

# What the process of an import may take, its programs included; the files unfold to 1.5 and 6.5 GB.
SMALL_BYTES = 700_000_000

IMPORTS = """
import json, resource, sys
from tasks.imports.run import import_here
report = import_here(sys.argv[1])
print(json.dumps([[str(fault) for fault in report.faults], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def faults_in_a_process_of_its_own(folder: Path, var: Path) -> list[str]:
    """The faults of an import whose own memory stayed small."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, str(folder)],
        env={"PATH": "/usr/bin:/bin", "FACTEUR_VAR": str(var), "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    faults, largest_bytes = json.loads(done.stdout)
    assert largest_bytes < SMALL_BYTES
    return list(faults)


def test_a_workbook_whose_texts_unfold_is_a_fault_of_that_file(tmp_path: Path) -> None:
    """16 kB of a text, 200,000 times: each is short enough, all of them are not."""
    folder = write(tmp_path / "import")
    (folder / "structures.csv").unlink()
    (folder / "structures.xlsx").write_bytes(shared_text_workbook(16_000, 150_000))
    [fault] = [f for f in faults_in_a_process_of_its_own(folder, tmp_path / "var") if f.startswith("structures.xlsx")]
    assert "le classeur ne s'ouvre pas en 1000 Mo de mémoire et 5 minutes" in fault


def test_a_pdf_that_unfolds_is_a_fault_of_that_file(tmp_path: Path) -> None:
    """3 kB that were 2 GB, and were accepted, archived and mailed."""
    folder = write(tmp_path / "import", ("factures.csv", "100,00;;;;\nS1;F2", "100,00;;F1.pdf;;\nS1;F2"))
    bomb = pdf_with_table_of(1_500_000_000)
    assert len(bomb) < 10_000
    (folder / "F1.pdf").write_bytes(bomb)
    [fault] = faults_in_a_process_of_its_own(folder, tmp_path / "var")
    assert fault.startswith("factures.csv, ligne 2, colonne fichier_pdf : « F1.pdf » est un PDF endommagé, qui ne")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(pdf_that_runs_javascript(), "du JavaScript", id="JavaScript"),
        pytest.param(pdf_that_launches(), "le lancement d'un programme", id="a Launch action in a link"),
        pytest.param(pdf_with_attached("setup.exe"), "un fichier joint (« setup.exe »)", id="a program attached"),
        pytest.param(pdf_with_attached("factur-x.xml"), "", id="the data of an electronic invoice"),
        pytest.param(pdf(), "", id="nothing"),
    ],
)
def test_what_a_pdf_does_is_said(content: bytes, words: str, database_url: str, tmp_path: Path) -> None:
    """It goes out as it came, with a remark in the import."""
    folder = write(tmp_path / "import", ("factures.csv", "100,00;;;;\nS1;F2", "100,00;;F1.pdf;;\nS1;F2"))
    (folder / "F1.pdf").write_bytes(content)
    notes = [note for note in accepted(folder, database_url).notes if "PDF contient" in note]
    expected = (
        f"factures.csv : 1 PDF contient {words}, et part tel quel : « F1.pdf ». "
        "Demandez à l'éditeur du logiciel de facturation pourquoi."
    )
    assert notes == ([expected] if words else [])


def test_a_pdf_that_unfolds_holds_up_no_printing(workplace: Workplace) -> None:
    """One that an earlier version imported is left out with what to do; the others are printed."""
    numbers = [workplace.add_resident(name) for name in ("Aubert", "Bernard", "Caron")]
    for number, content in zip(numbers, (pdf_with_table_of(1_500_000_000), pdf(pages=3)), strict=False):
        key = archive.put(load_settings().archive, content)
        with writing(workplace.database) as session:
            session.execute(update(Invoice).where(Invoice.number == number).values(pdf_key=key))
    outcome = print_letters("run", Scope(PERIOD, ()), "tout ce qui doit être imprimé")
    assert outcome.failed
    assert "2 courriers pour 1 structure" in outcome.sentence
    assert f"À imprimer encore : {numbers[0]} (AUBERT Alix). Leur PDF importé ne s'ouvre pas" in outcome.sentence


def test_a_folder_with_no_known_file_is_not_listed(database_url: str, tmp_path: Path) -> None:
    """Whoever may start an import would be told what lies in any folder of the machine."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "salaires.ods").write_bytes(b"")
    report = bring(folder, database_url)
    assert not report.accepted
    assert "salaires" not in str(report)
