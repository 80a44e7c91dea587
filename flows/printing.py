"""editer-les-courriers: one PDF, ready to print, of what no e-mail brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.naming import named, structures_of
from models.values.ending import Refusal
from models.values.moments import PARIS
from models.values.period import Period
from tasks.campaigns.requests import read_scope, read_structures
from tasks.printing.batch import What
from tasks.printing.invoices import print_letters
from tasks.printing.once import print_again
from tasks.printing.reminders import print_reminders
from tasks.printing.selection import as_named

PAGE = "Courriers à imprimer"


def _describe(asked: Mapping[str, Any]) -> str:
    if asked.get("refaire"):
        return f"Courriers · refaire {asked['refaire']}"
    month = asked.get("periode") or Period.before(datetime.now(PARIS).date())
    documents = "de relance" if asked.get("documents") == "relances" else month
    chosen = " · sélection" if asked.get("seulement") else ""
    return f"Courriers {documents} · {structures_of(asked)}{chosen}"


@flow(name="editer-les-courriers", flow_run_name=named(_describe), persist_result=False)
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
        return ended(print_again(refaire), PAGE)
    run, only = flow_run.get_id() or "", as_named(seulement)
    if documents == "relances":
        wanted = read_structures(structures)
        return ended(wanted if isinstance(wanted, Refusal) else print_reminders(run, wanted, quoi, only), PAGE)
    scope = read_scope(datetime.now(PARIS), periode, structures)
    return ended(scope if isinstance(scope, Refusal) else print_letters(run, scope, quoi, only), PAGE)
