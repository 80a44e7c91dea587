"""editer-les-courriers: one PDF, ready to print, of what no e-mail brings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from models.values.period import Period
from tasks.campaigns.requests import Refusal, read_scope, read_structures
from tasks.french.moments import PARIS
from tasks.printing.batch import Outcome, What
from tasks.printing.invoices import print_letters
from tasks.printing.once import print_again
from tasks.printing.reminders import print_reminders
from tasks.printing.selection import as_named


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    asked = flow_run.get_parameters() or {}
    if asked.get("refaire"):
        return f"Courriers · refaire {asked['refaire']}"
    month = asked.get("periode") or Period.before(datetime.now(PARIS).date())
    documents = "de relance" if asked.get("documents") == "relances" else month
    chosen = " · sélection" if asked.get("seulement") else ""
    return f"Courriers {documents} · {', '.join(asked.get('structures') or ()) or 'toutes les structures'}{chosen}"


@flow(name="editer-les-courriers", flow_run_name=run_name, persist_result=False)
def editer_les_courriers(
    documents: Literal["factures", "relances"] = "factures",
    periode: str = "",
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
    quoi: What = "tout ce qui doit être imprimé",
    seulement: list[str] = [],  # noqa: B006
    refaire: str = "",
) -> State[Any]:
    """Réunit en un seul PDF, prêt à imprimer en recto verso, les factures ou les relances qui partent par courrier.

    Args:
        documents: Les factures d'un mois, ou la dernière relance des factures de clients échues.
        periode: Le mois des factures, écrit AAAA-MM (2024-09). Vide : le mois dernier. Sans effet sur les relances.
        structures: Les codes des structures. Vide : toutes.
        quoi: Ce qu'il faut imprimer. « Tout » prend aussi ce qui est déjà envoyé ou imprimé.
        seulement: Ces documents seuls, quoi qu'il en soit : numéros de facture, noms, ou codes de client (relances).
        refaire: Le nom d'un fichier perdu, à refaire avec les mêmes documents sans changer les dates d'édition.

    """
    if refaire.strip():
        return _ended(print_again(refaire))
    run, only = flow_run.get_id() or "", as_named(seulement)
    if documents == "relances":
        wanted = read_structures(structures)
        if isinstance(wanted, Refusal):
            return Failed(message=wanted.sentence)
        return _ended(print_reminders(run, wanted, quoi, only))
    scope = read_scope(datetime.now(PARIS), periode, structures)
    if isinstance(scope, str):
        return Failed(message=scope)
    return _ended(print_letters(run, scope, quoi, only))


def _ended(outcome: Outcome) -> State[Any]:
    if outcome.page:
        create_markdown_artifact(outcome.page, key=outcome.key, description="Courriers à imprimer")
    return (Failed if outcome.failed else Completed)(message=outcome.sentence)
