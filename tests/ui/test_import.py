"""importer-les-donnees on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from flows.cli.commands.sample import write_faulty_sample
from flows.sample.faulty import FAULTS
from tests.flows.facteur_process import Up, facteur
from tests.integration.small_import import only
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


PEOPLE = 12
STRUCTURE = "code;nom;association;expediteur_email\nQUAI;Le Quai;Les Rives de l'Érablière;quai@example.org\n"
MONTH = "2023-05"


def residents(shift: int) -> str:
    """Residents whose column of addresses slipped by so many rows."""
    rows = [
        f"QUAI;Q{n:02d};{name};Alix;{NAMES[(n + shift) % PEOPLE].lower()}@example.org\n" for n, name in enumerate(NAMES)
    ]
    return "structure;code;nom;prenom;email\n" + "".join(rows)


NAMES = ("AUBERT", "BLIN", "CARON", "DUVAL", "ERARD", "FABRE", "GAUDIN", "HUET", "IMBERT", "JOLY", "KLEIN", "LUCAS")


@pytest.mark.usefixtures("imported", "relay")
def test_a_shifted_column_is_seen_before_it_is_written(clerk: Clerk, running: Up, tmp_path: Path) -> None:
    """The clerk reads who gets whose address, types a wrong number, then the right one; the next campaign waits."""
    invoices = "structure;numero;code_resident;periode;date_facture;montant_ht;montant_ttc\n" + "".join(
        f"QUAI;QUAI-{n};Q{n:02d};{MONTH};31/05/2023;100;100\n" for n in range(PEOPLE)
    )
    first = only(tmp_path / "export-mai", structures=STRUCTURE, residents=residents(0), factures=invoices)
    found = facteur("import", str(first), env=running.env)
    assert found.returncode == 0, found.stdout + found.stderr
    clerk.start("factures-mensuelles", flip="relecture", periode=MONTH)
    clerk.wait_for("Completed")

    june = invoices.replace(MONTH, "2023-06").replace("QUAI-", "QUAI-6-").replace("31/05", "30/06")
    shifted = only(tmp_path / "export-juin", residents=residents(1), factures=june)
    clerk.start("importer-les-donnees", dossier=str(shifted))
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text(f"{PEOPLE} changements dangereux (adresse e-mail : {PEOPLE})")
    clerk.look("question")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.fill(form, "Combien de changements dangereux acceptez-vous ?", "2")
    clerk.submit(form)
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text("Votre réponse ne convient pas")
    clerk.look("wrong-number")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.fill(form, "Combien de changements dangereux acceptez-vous ?", str(PEOPLE))
    clerk.look("right-number")
    clerk.submit(form)
    clerk.wait_for("Completed")
    assert f"{PEOPLE} changements dangereux (adresse e-mail : {PEOPLE}) : accord de JM." in clerk.message()
    page = clerk.open_newest("import-donnees")
    clerk.look("changes")
    assert "jusqu'ici celle de BLIN Alix" in page

    clerk.start("factures-mensuelles", flip="relecture", periode="2023-06")
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text(f"QUAI : {PEOPLE} adresses sur {PEOPLE} ont changé")
    clerk.look("campaign-waits")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.submit(form)
    clerk.wait_for("Completed")


@pytest.mark.usefixtures("imported")
def test_a_trial_shows_and_writes_nothing(clerk: Clerk, running: Up, tmp_path: Path) -> None:
    """What is unlikely, and what would change, before anything is stored."""
    folder = only(
        tmp_path / "essai",
        structures=STRUCTURE.replace("QUAI;", "PONT;"),
        residents="structure;code;nom;prenom;email\nPONT;P1;AUBERT;Alix;alix@gmail.con\n",
    )
    clerk.start("importer-les-donnees", flip="essai", dossier=str(folder))
    clerk.wait_for("Completed")
    assert clerk.message().startswith("Essai, rien n'a été enregistré. Cet import donnerait : 2 lignes créées")
    page = clerk.open_artifact("Import des données")
    clerk.look("trial")
    assert "est-ce gmail.com ?" in page
    listed = facteur("check", "PONT", env=running.env)
    assert "PONT" in listed.stdout
    assert listed.returncode == 1
