"""reprendre-les-differes takes up what recipients' servers put off; relancer-les-echecs all that was left waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.mailing import mail_documents
from flows.naming import named, written
from flows.stopped import report_what_stopped
from models.values.ending import Ending, Refusal
from models.values.moments import PARIS
from models.values.period import Period
from tasks.campaigns.remaining import due_documents, waiting_documents
from tasks.campaigns.requests import unknown_period
from tasks.follow_up.failures import plan_by_force, read_failures, resent
from tasks.french.numbers import counted_if_any


@flow(name="reprendre-les-differes", flow_run_name="Reprise des envois différés", persist_result=False)
def reprendre_les_differes() -> State[Any]:
    """Reprend les envois différés dont l'heure est venue. Se lance tout seul, toutes les 15 minutes.

    Publie aussi le compte rendu des exécutions qui n'ont pas pu le faire : annulées pendant qu'elles attendaient, ou
    interrompues avec la machine.
    """
    resumed = _resume()
    if reported := counted_if_any(report_what_stopped(), "exécution arrêtée"):
        resumed = replace(resumed, sentence=f"{resumed.sentence} Compte rendu publié : {reported}.")
    return ended(resumed)


def _resume() -> Ending | Refusal:
    documents = due_documents()
    if not documents:
        return Ending("Aucun envoi différé n'est à reprendre.")
    stops = mail_documents(documents)
    if isinstance(stops, Refusal):
        return stops
    if stops:
        return Refusal(f"Reprise arrêtée : {stops[0].sentence}. {stops[0].remedy}")
    return Ending(f"{len(documents)} envois différés repris.")


def _describe(asked: Mapping[str, Any]) -> str:
    period = written(asked, "periode") or "toutes les périodes"
    return f"Relance des échecs · {period}" + (" · refusés compris" if asked.get("forcer_les_refuses") else "")


@flow(name="relancer-les-echecs", flow_run_name=named(_describe), persist_result=False)
def relancer_les_echecs(
    periode: str = "", motif: str = "", forcer_les_refuses: bool = False, a_toutes_les_adresses: bool = False
) -> State[Any]:
    """Relance ce qui n'est pas parti : les envois en attente, et les différés dont l'heure est venue.

    Args:
        periode: Le mois à relancer, écrit AAAA-MM (2024-09). Vide : toutes les factures, et les relances des clients.
        motif: Pourquoi les refusés repartent. Gardé dans l'historique ; nécessaire pour forcer.
        forcer_les_refuses: Renvoyer aussi les factures refusées ou abandonnées, aux seules adresses en échec.
        a_toutes_les_adresses: Les renvoyer aussi à ceux qui ont déjà reçu la facture.

    """
    month = Period.parse(periode)
    if periode.strip() and month is None:
        return ended(unknown_period(periode, datetime.now(PARIS)))
    if forcer_les_refuses and (month is None or not motif.strip()):
        return ended(Refusal("Pour forcer les refusés, indiquez « periode » et « motif ». Rien n'a été envoyé."))
    run, period = flow_run.get_id() or "", str(month or "")
    if forcer_les_refuses:
        plan_by_force(run, period, motif, to_all=a_toutes_les_adresses)
    documents = waiting_documents(period)
    stops = mail_documents(documents)
    if isinstance(stops, Refusal):
        return ended(stops)
    return ended(resent(run, documents, read_failures(period), stops, forced=forcer_les_refuses))
