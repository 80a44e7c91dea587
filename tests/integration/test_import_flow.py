"""The flow importer-les-donnees, and the same import from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.artifacts import Artifact
from prefect.client.schemas.objects import StateType
from prefect.testing.utilities import prefect_test_harness
from sqlalchemy import func, select

from flows.cli.import_folder import run
from flows.imports import ARTIFACT, importer_les_donnees
from models.people import Resident
from models.session import reading
from tests.integration.small_import import write


@pytest.fixture(scope="module")
def prefect() -> Iterator[None]:
    """An ephemeral Prefect server with a database of its own."""
    with prefect_test_harness():
        yield


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is prepared but the folder for what a run writes."""
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("FACTEUR_DATABASE_URL", raising=False)
    return tmp_path / "var"


def _residents(var: Path) -> int:
    with reading(f"sqlite:///{var / 'facteur.db'}") as session:
        return session.scalar(select(func.count()).select_from(Resident)) or 0


def test_an_accepted_import_ends_completed_with_the_counts_as_an_artifact(prefect: None, var: Path) -> None:
    """The clerk reads in the UI what came in."""
    state = importer_les_donnees(str(write(var.parent / "import")), return_state=True)
    assert state.type is StateType.COMPLETED
    assert state.message == "Import terminé : 16 lignes créées, 0 modifiée, 0 inchangée."
    assert _residents(var) == 3
    artifact = Artifact.get(ARTIFACT)
    assert artifact is not None
    assert "| residents | 3 | 0 | 0 |" in artifact.data
    assert "smtp-les-rives" in artifact.data


def test_a_refused_import_ends_failed_with_every_fault_as_a_table(prefect: None, var: Path) -> None:
    """What stands in a cell of a file stays text in the UI, whatever it is."""
    folder = write(
        var.parent / "import",
        ("residents.csv", "josiane@example.org", '"<script>|\nx@y"'),
        ("clients.csv", "professionnel", "pro"),
    )
    state = importer_les_donnees(str(folder), return_state=True)
    assert state.type is StateType.FAILED
    assert state.message == (
        "Import refusé : 2 anomalies dans 2 fichiers ; rien n'a été enregistré. "
        "Corrigez les fichiers et relancez l'import."
    )
    assert _residents(var) == 0
    artifact = Artifact.get(ARTIFACT)
    assert artifact is not None
    assert "| residents.csv | 2 | email | &lt;script&gt;\\|↵x@y | contient un retour à la ligne ou " in artifact.data
    assert (
        "| clients.csv | 2 | type | pro | n'est pas une valeur connue | professionnel ou particulier |" in artifact.data
    )


def test_the_command_line_imports_without_any_server(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and the counts, or 1 and every fault; the database is made where there is none."""
    assert run(str(write(var.parent / "import"))) == 0
    assert "  residents           3         0         0\n" in capsys.readouterr().out
    assert _residents(var) == 3
    assert run(str(write(var.parent / "import", ("clients.csv", "professionnel", "pro")))) == 1
    output = capsys.readouterr().out
    assert output.startswith("Import refusé : 1 anomalie dans 1 fichier ; rien n'a été enregistré.")
    assert "  - clients.csv, ligne 2, colonne type : « pro » n'est pas une valeur connue ; attendu : " in output
    assert run(str(var.parent / "absent")) == 1
    assert "ce dossier n'existe pas" in capsys.readouterr().out
