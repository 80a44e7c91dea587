"""historique: the invoices over the months, or everything that was sent to one resident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ending import ended
from flows.naming import named, structures_of, written
from models.values.ending import Refusal
from models.values.moments import PARIS
from tasks.campaigns.requests import read_scope
from tasks.pages.history import history
from tasks.pages.resident import resident_history


def _describe(asked: Mapping[str, Any]) -> str:
    when = written(asked, "periode") or "les derniers mois"
    return f"Historique · {written(asked, 'resident') or f'{when} · {structures_of(asked)}'}"


@flow(name="historique", flow_run_name=named(_describe), persist_result=False)
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
    if isinstance(scope, Refusal):
        return ended(scope)
    period = scope.period if periode.strip() else ""
    if resident.strip():
        found = replace(resident_history(resident, scope.structures, period), key="historique-resident")
    else:
        found = replace(history(period, scope.structures), key="historique")
    return ended(found, f"Historique : {found.sentence}")
