"""importer-les-donnees against a real Prefect server: what is dangerous waits in a form, for its very bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.imports import importer_les_donnees
from flows.invoices import factures_mensuelles
from models.database.session import reading
from models.tables.campaign import Campaign
from models.tables.people import Resident
from settings.load import load_settings
from tests.flows.form_driver import FormDriver, fields_of, form_of, pages_of
from tests.integration.small_import import only, write
from tests.integration.test_import_changes import PEOPLE, STRUCTURES, people
from tests.integration.test_import_sent import deliver
from tests.smtp_server.process import ScriptedServer

clerk = FormDriver(importer_les_donnees)

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def database(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> str:
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    return load_settings().database


def addresses(database: str) -> set[str]:
    with reading(database) as session:
        return set(session.scalars(select(Resident.email)))


def test_an_import_without_dangers_asks_nothing(database: str, tmp_path: Path) -> None:
    """A trial writes nothing; the import itself ends at once."""
    folder = write(tmp_path / "export")
    state = clerk.work(clerk.create_run(dossier=str(folder), essai=True))
    assert state.is_completed()
    assert (state.message or "").startswith("Essai, rien n'a été enregistré. Cet import donnerait : 16 lignes créées")
    assert addresses(database) == set()
    state = clerk.work(clerk.create_run(dossier=str(folder)))
    assert state.message == "Import terminé : 16 lignes créées, 0 modifiée, 0 inchangée."
    assert "josiane@example.org" in addresses(database)


def test_a_dangerous_import_waits_for_initials_and_the_number(database: str, tmp_path: Path) -> None:
    """A wrong number is asked again, other bytes are shown again; then it is written, once."""
    clerk.work(clerk.create_run(dossier=str(write(tmp_path / "export"))))
    deliver(database, "F1")
    folder = write(tmp_path / "export", ("residents.csv", "josiane@example.org", "new@example.org"))
    run = clerk.create_run(dossier=str(folder))
    held, description = form_of(clerk.work(run), run)
    assert "**1 changement dangereux (adresse e-mail : 1)**" in description
    page = pages_of(run)[-1]
    assert "/artifacts/artifact/" in description
    assert "| 🔴 **adresse e-mail** | MAILLY Josiane<br>S1 R1 | josiane@example.org | new@example.org |" in page
    assert "new@example.org" not in addresses(database)

    state = clerk.answer(run, held, vos_initiales="AB", nombre_de_changements=2)
    held, description = form_of(state, run)
    assert "le tableau montre 1 changement" in description
    assert "new@example.org" not in addresses(database)

    write(tmp_path / "export", ("residents.csv", "josiane@example.org", "newer@example.org"))
    state = clerk.answer(run, held, vos_initiales="AB", nombre_de_changements=1)
    held, description = form_of(state, run)
    assert "newer@example.org" in pages_of(run)[-1]
    assert not {"new@example.org", "newer@example.org"} & addresses(database)

    state = clerk.answer(run, held, vos_initiales="AB", nombre_de_changements=1)
    assert state.is_completed()
    assert state.message == (
        "Import terminé : 0 ligne créée, 1 modifiée, 15 inchangées. "
        "1 changement dangereux (adresse e-mail : 1) : accord de AB."
    )
    assert "newer@example.org" in addresses(database)
    state = clerk.retry(run)
    assert state.is_completed()


def test_many_changed_addresses_stop_an_unattended_campaign(database: str, tmp_path: Path) -> None:
    """The run waits though ``relecture`` is off, and says why; once a person has answered, it goes."""
    sending = FormDriver(factures_mensuelles)
    structures = STRUCTURES.replace("association", "association;expediteur_email").replace(
        "Rives\n", "Rives;factures@rives.example\n"
    )
    header = "structure;numero;code_resident;periode;date_facture;montant_ht;montant_ttc\n"

    def month(number: int) -> str:
        return header + "".join(
            f"S1;F{number}-{n};R{n:02d};2024-{number:02d};28/{number:02d}/2024;100;100\n" for n in range(PEOPLE)
        )

    clerk.work(
        clerk.create_run(
            dossier=str(only(tmp_path / "first", structures=structures, residents=people(), factures=month(8)))
        )
    )
    assert sending.work(sending.create_run(periode="2024-08", relecture=False)).is_completed()
    run = clerk.create_run(dossier=str(only(tmp_path / "shifted", residents=people(1), factures=month(9))))
    held, _ = form_of(clerk.work(run), run)
    assert clerk.answer(run, held, vos_initiales="AB", nombre_de_changements=PEOPLE).is_completed()

    run = sending.create_run(periode="2024-09", relecture=False)
    state = sending.work(run)
    fields = fields_of(state, run)
    assert f"**ATTENTION** : S1 : {PEOPLE} adresses sur {PEOPLE} ont changé" in fields["vos_initiales"]["description"]
    assert f"### Adresses nouvelles ou changées ({PEOPLE})" in pages_of(run)[-1]
    assert sending.answer(run, {}, vos_initiales="AB").is_completed()
    with reading(database) as session:
        assert session.scalars(select(Campaign.chosen_by).order_by(Campaign.id)).all() == ["", "AB"]
    state = sending.work(sending.create_run(periode="2024-09", relecture=False))
    assert state.is_completed()
