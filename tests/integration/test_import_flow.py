"""The flow importer-les-donnees, and the same import from the command line."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import ArtifactSort
from sqlalchemy import func, select

from flows.cli.commands.import_folder import run
from flows.imports import ARTIFACT, importer_les_donnees
from models.database.session import reading
from models.tables.people import Resident
from tests.integration.small_import import write


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is prepared but the folder for what a run writes."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("FACTEUR_DATABASE_URL", raising=False)
    return tmp_path / "var"


def _artifact() -> str:
    """The newest artifact of an import. Not ``Artifact.get``: it leaves its connection open."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[ARTIFACT])),
            sort=ArtifactSort.CREATED_DESC,
            limit=1,
        )
    return str(found[0].data)


def _residents(var: Path) -> int:
    with reading(f"sqlite:///{var / 'facteur.db'}") as session:
        return session.scalar(select(func.count()).select_from(Resident)) or 0


@pytest.mark.usefixtures("prefect_server")
def test_an_accepted_import_ends_completed_with_the_counts_as_an_artifact(var: Path) -> None:
    """The clerk reads in the UI what came in."""
    state = importer_les_donnees(str(write(var.parent / "import")), return_state=True)
    assert state.type is StateType.COMPLETED
    assert state.message == "Import terminé : 16 lignes créées, 0 modifiée, 0 inchangée."
    assert _residents(var) == 3
    artifact = _artifact()
    assert "| Fichier | Créés | Modifiés | Inchangés |\n|---|---:|---:|---:|\n" in artifact
    assert "| residents | 3 | 0 | 0 |" in artifact
    assert "smtp-les-rives" in artifact


@pytest.mark.usefixtures("prefect_server")
def test_a_refused_import_ends_failed_with_every_fault_as_a_table(var: Path) -> None:
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
    artifact = _artifact()
    assert "| residents.csv<br>ligne 2, email | &lt;script&gt;\\|↵x@y | contient un retour à la ligne ou " in artifact
    assert (
        "| clients.csv<br>ligne 2, type | pro | n'est pas une valeur connue<br>Attendu : professionnel ou particulier |"
        in artifact
    )


def _facteur_import(folder: Path, **options: Any) -> int:
    usual: dict[str, Any] = {"dry_run": False, "json": False, "yes": "", "templates": None}
    return run(Namespace(folder=str(folder), **(usual | options)))


def test_the_command_line_imports_without_any_server(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and the counts, or 1 and every fault; the database is made where there is none."""
    assert _facteur_import(write(var.parent / "import")) == 0
    assert "  residents           3         0         0\n" in capsys.readouterr().out
    assert _residents(var) == 3
    assert _facteur_import(write(var.parent / "import", ("clients.csv", "professionnel", "pro"))) == 1
    output = capsys.readouterr().out
    assert output.startswith("Import refusé : 1 anomalie dans 1 fichier ; rien n'a été enregistré.")
    assert "  - clients.csv, ligne 2, colonne type : « pro » n'est pas une valeur connue ; attendu : " in output
    assert _facteur_import(var.parent / "absent") == 1
    assert "ce dossier n'existe pas" in capsys.readouterr().out
