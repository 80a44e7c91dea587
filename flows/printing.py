"""editer-les-courriers: one PDF, ready to print, of what no e-mail brings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from models.values.period import Period
from tasks.moments import PARIS
from tasks.planning import read_scope
from tasks.printing import Outcome, What, print_again, print_letters


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    asked = flow_run.get_parameters() or {}
    if asked.get("refaire"):
        return f"Courriers · refaire {asked['refaire']}"
    month = asked.get("periode") or Period.before(datetime.now(PARIS).date())
    return f"Courriers {month} · {', '.join(asked.get('structures') or ()) or 'toutes les structures'}"


@flow(name="editer-les-courriers", flow_run_name=run_name, persist_result=False)
def editer_les_courriers(
    periode: str = "",
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
    quoi: What = "tout ce qui doit être imprimé",
    refaire: str = "",
) -> State[Any]:
    """Réunit en un seul PDF, prêt à imprimer en recto verso, les factures qui partent par courrier.

    Args:
        periode: Le mois des factures, écrit AAAA-MM (2024-09). Vide : le mois dernier.
        structures: Les codes des structures. Vide : toutes.
        quoi: Les factures à imprimer. « Toutes les factures » prend aussi celles qui sont déjà envoyées ou imprimées.
        refaire: Le nom d'un fichier perdu, à refaire avec les mêmes documents sans changer les dates d'édition.

    """
    if refaire.strip():
        return _ended(print_again(refaire))
    scope = read_scope(datetime.now(PARIS), periode, structures)
    if isinstance(scope, str):
        return Failed(message=scope)
    return _ended(print_letters(flow_run.get_id() or "", scope, quoi))


def _ended(outcome: Outcome) -> State[Any]:
    if outcome.page:
        create_markdown_artifact(outcome.page, key=outcome.key, description="Courriers à imprimer")
    return (Failed if outcome.failed else Completed)(message=outcome.sentence)
