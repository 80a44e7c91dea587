"""importer-les-donnees: what the billing software exported comes in, all of it or nothing."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ending import ended
from models.values.ending import Ending
from tasks.imports.task import import_folder
from tasks.pages.rendering import render_page

ARTIFACT = "import-donnees"


@flow(name="importer-les-donnees", flow_run_name="Import · {dossier}", persist_result=False)
def importer_les_donnees(dossier: str) -> State[Any]:
    """Importe les structures, tuteurs, résidents, clients et factures exportés par le logiciel de facturation.

    L'import est fait en entier ou pas du tout. S'il est refusé, chaque anomalie est listée avec son fichier, sa ligne
    et sa colonne.

    Args:
        dossier: Le dossier de l'export, ou son archive .zip, sur la machine où Facteur travaille.

    """
    report = import_folder(dossier)
    page = render_page("import", report=report)
    return ended(Ending(report.message, not report.accepted, page, ARTIFACT), f"Import des données : {dossier}")
