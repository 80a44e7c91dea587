"""regler-les-incertains: a person says what became of the mails whose fate the server did not tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.forms import Form
from flows.mailing import mail_documents
from flows.naming import named, written
from models.values.ending import Ending, Refusal
from models.values.kinds import Settlement
from models.values.moments import PARIS
from models.values.period import Period
from tasks.campaigns.requests import unknown_period
from tasks.follow_up.settling import Answer, resends, settled, store_answer
from tasks.follow_up.uncertain import Question, ask_about, publish_evidence

LISTS = {
    Settlement.ARRIVED: ("bien_arrives", "Bien arrivés"),
    Settlement.RESEND: ("a_renvoyer", "À renvoyer à l'identique"),
    Settlement.WITHDRAW: ("a_retirer", "À retirer"),
}


def _describe(asked: Mapping[str, Any]) -> str:
    return f"Envois incertains · {written(asked, 'periode') or 'toutes les périodes'}"


@flow(name="regler-les-incertains", flow_run_name=named(_describe), persist_result=False)
def regler_les_incertains(periode: str = "") -> State[Any]:
    """Règle les envois incertains : vous dites pour chacun s'il est arrivé, s'il faut le renvoyer, ou le retirer.

    Args:
        periode: Le mois à régler, écrit AAAA-MM (2024-09). Vide : toutes les factures, et les relances des clients.

    """
    month = Period.parse(periode)
    if periode.strip() and month is None:
        return ended(unknown_period(periode, datetime.now(PARIS)))
    run = flow_run.get_id() or ""
    questions = ask_about(run, str(month or ""))
    if not questions:
        return ended(Ending("Aucun envoi n'est incertain : il n'y a rien à régler."))
    if not any(question.answered for question in questions):
        store_answer(run, ask(questions, publish_evidence(run)))
    return _send_what_was_decided(run)


def _send_what_was_decided(run: str) -> State[Any]:
    stops = mail_documents(resends(run))
    return ended(stops if isinstance(stops, Refusal) else settled(run, stops))


def ask(questions: list[Question], page: str) -> Answer:
    """Suspend the run until a person has answered. The form is made from the stored questions."""
    form = Form("incertains").initials(_description(len(questions), page))
    form.text("motif", "Comment le savez-vous ?", None, "Gardé dans l'historique.", min_length=1, max_length=300)
    for name, title in LISTS.values():
        form.choose(name, tuple(question.label for question in questions), title)
    return read_answer(questions, form.ask())


def _description(number: int, page: str) -> str:
    s = "s" if number > 1 else ""
    return (
        f"**{number} envoi{s} incertain{s}** : peut-être arrivé{s}, peut-être pas.\n\n"
        f"[Voir les indices](/artifacts/artifact/{page}) : heure, serveur, réponse, identifiant du message.\n\n"
        "Mettez chaque envoi dans **une seule** liste. Ce qui n'est dans aucune reste incertain."
    )


def read_answer(questions: list[Question], answer: dict[str, Any]) -> Answer:
    """The form's words as deliveries."""
    chosen = {choice: set(answer.get(name) or []) for choice, (name, _) in LISTS.items()}
    return Answer(
        initials=str(answer["vos_initiales"]).strip(),
        reason=" ".join(str(answer["motif"]).split()),
        deliveries={
            choice: frozenset(question.delivery_id for question in questions if question.label in labels)
            for choice, labels in chosen.items()
        },
    )
