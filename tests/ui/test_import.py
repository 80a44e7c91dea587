"""importer-les-donnees on the screen."""

from __future__ import annotations

from pathlib import Path

from flows.cli.commands.sample import write_faulty_sample
from flows.sample.faulty import FAULTS
from tests.ui.clerk import Clerk


def test_an_import_names_its_faults_and_takes_the_mended_folder(clerk: Clerk, sample: Path, tmp_path: Path) -> None:
    """The clerk imports a folder with faults and reads what is wrong where; then she imports the right one."""
    write_faulty_sample(tmp_path / "export")
    clerk.start("importer-les-donnees", dossier=str(tmp_path / "export"))
    clerk.wait_for("Failed")
    assert f"Import refusé : {len(FAULTS)} anomalies" in clerk.message()
    page = clerk.open_artifact("Import des données")
    clerk.look("faults")
    for file in {file for file, _, _ in FAULTS}:
        assert file in page
    for words in ("31/02/2024", "n'est pas un jour du calendrier", "contient plusieurs adresses", "Attendu"):
        assert words in page

    clerk.start("importer-les-donnees", dossier=str(sample))
    clerk.wait_for("Completed")
    assert clerk.message().startswith("Import terminé : ")
    page = clerk.open_artifact("Import des données")
    clerk.look("imported")
    assert "Anomalies" not in page
