"""purger-les-donnees: what is older than it may be kept is shown, then removed."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from tasks.purging.purge import purge

ARTIFACT = "purge"


def run_name() -> str:
    """What the list of runs shows."""
    return "Purge" if (flow_run.get_parameters() or {}).get("appliquer") else "Purge · aperçu"


@flow(name="purger-les-donnees", flow_run_name=run_name, persist_result=False)
def purger_les_donnees(appliquer: bool = False) -> State[Any]:
    """Montre, puis supprime, ce qui a dépassé les durées de conservation.

    Messages envoyés, détail des tentatives, PDF importés, fichiers à imprimer, exécutions de l'écran. Le registre des
    envois est gardé, et rien de ce qui attend ou reste incertain n'est touché.

    Args:
        appliquer: Supprimer. Sans cela, un tableau montre ce qui le serait.

    """
    outcome = purge(apply=appliquer)
    create_markdown_artifact(outcome.page, key=ARTIFACT, description="Durées de conservation")
    return Completed(message=outcome.sentence)
