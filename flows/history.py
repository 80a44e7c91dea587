"""historique: the invoices over the months, or everything that was sent to one resident."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from tasks.campaigns.requests import read_scope
from tasks.french.moments import PARIS
from tasks.pages.history import history
from tasks.pages.resident import resident_history


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    asked = flow_run.get_parameters() or {}
    person = " ".join(str(asked.get("resident") or "").split())
    where = ", ".join(asked.get("structures") or ()) or "toutes les structures"
    when = str(asked.get("periode") or "").strip() or "les derniers mois"
    return f"Historique · {person or f'{when} · {where}'}"


@flow(name="historique", flow_run_name=run_name, persist_result=False)
def historique(
    periode: str = "",
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
    resident: str = "",
) -> State[Any]:
    """Montre les envois mois par mois, ou tout ce qui a été envoyé à un résident. N'envoie rien.

    Args:
        periode: Le mois à montrer, écrit AAAA-MM (2024-09). Vide : les douze derniers mois, ou tous pour un résident.
        structures: Les codes des structures. Vide : toutes.
        resident: Un nom, un code de résident ou un numéro de facture. Vide : l'historique des structures.

    """
    scope = read_scope(datetime.now(PARIS), periode, structures)
    if isinstance(scope, str):
        return Failed(message=scope)
    period = scope.period if periode.strip() else ""
    if resident.strip():
        found = resident_history(resident, scope.structures, period)
    else:
        found = history(period, scope.structures)
    if found.page:
        key = "historique-resident" if resident.strip() else "historique"
        create_markdown_artifact(found.page, key=key, description=f"Historique : {found.sentence}")
    return (Failed if found.failed else Completed)(message=found.sentence)
