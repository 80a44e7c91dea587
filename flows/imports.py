"""importer-les-donnees: the export of a billing software comes in, all of it or nothing."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed, State

from tasks.importing import import_folder
from tasks.imports.faults import visible
from tasks.imports.report import ImportReport
from tasks.markdown_table import escape, table

ARTIFACT = "import-donnees"


@flow(name="importer-les-donnees", persist_result=False)
def importer_les_donnees(dossier: str) -> State[Any]:
    """Importer les structures, tuteurs, résidents, clients et factures exportés par le logiciel de facturation.

    L'import est fait en entier ou pas du tout. S'il est refusé, toutes les anomalies sont listées avec le fichier,
    la ligne et la colonne.

    Args:
        dossier: Le dossier de l'export, ou son archive .zip, sur la machine où Facteur travaille.
    """
    report = import_folder(dossier)
    create_markdown_artifact(key=ARTIFACT, markdown=describe(report), description=report.message)
    return Completed(message=report.message) if report.accepted else Failed(message=report.message)


def describe(report: ImportReport) -> str:
    """The report as the clerk reads it in the UI: counts of each file, or every fault."""
    parts = [f"# Import des données\n\n{escape(report.message)}"]
    if report.counts:
        rows = [(name, c.created, c.updated, c.unchanged) for name, c in report.counts.items()]
        parts.append(table(("fichier", "créés", "modifiés", "inchangés"), rows))
    if report.faults:
        rows_of_faults = [
            (fault.file, fault.line or "", fault.column, visible(fault.value), fault.problem, fault.expected)
            for fault in report.shown_faults
        ]
        parts.append(table(("fichier", "ligne", "colonne", "valeur", "anomalie", "attendu"), rows_of_faults))
    if report.more_faults:
        parts.append(report.more_faults)
    if report.notes:
        parts.append("## Remarques\n\n" + "\n".join(f"- {escape(note)}" for note in report.notes))
    parts.append(f"Source : {escape(report.source)}")
    return "\n\n".join(parts) + "\n"
