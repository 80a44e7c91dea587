"""purger-les-donnees: what is older than it may be kept is shown, then removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ending import ended
from flows.naming import named
from tasks.purging.purge import purge

ARTIFACT = "purge"


def _describe(asked: Mapping[str, Any]) -> str:
    return "Purge" if asked.get("appliquer") else "Purge · aperçu"


@flow(
    name="purger-les-donnees",
    flow_run_name=named(_describe),
    persist_result=False,
)
def purger_les_donnees(appliquer: bool = False) -> State[Any]:
    """Montre, puis supprime, ce qui a dépassé les durées de conservation.

    Messages envoyés, détail des tentatives, PDF importés, fichiers à imprimer, exécutions de l'écran. Le registre des
    envois est gardé, et rien de ce qui attend ou reste incertain n'est touché.

    Args:
        appliquer: Supprimer. Sans cela, un tableau montre ce qui le serait.

    """
    return ended(replace(purge(apply=appliquer), key=ARTIFACT), "Durées de conservation")
