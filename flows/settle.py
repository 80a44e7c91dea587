"""regler-les-incertains: a person says what became of the mails whose fate the server did not tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field, create_model

from flows.forms import initials_entry, one_of
from flows.mailing import mail_documents
from flows.review import PATIENCE_SECONDS
from models.values.kinds import Settlement
from models.values.period import Period
from tasks.campaigns.requests import unknown_period
from tasks.follow_up.settling import Answer, resends, settled, store_answer
from tasks.follow_up.uncertain import Question, ask_about, publish_evidence
from tasks.french.moments import PARIS

LISTS = {
    Settlement.ARRIVED: ("bien_arrives", "Bien arrivés"),
    Settlement.RESEND: ("a_renvoyer", "À renvoyer à l'identique"),
    Settlement.WITHDRAW: ("a_retirer", "À retirer"),
}


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    period = str((flow_run.get_parameters() or {}).get("periode") or "").strip()
    return f"Envois incertains · {period or 'toutes les périodes'}"


@flow(name="regler-les-incertains", flow_run_name=run_name, persist_result=False)
def regler_les_incertains(periode: str = "") -> State[Any]:
    """Règle les envois incertains : vous dites pour chacun s'il est arrivé, s'il faut le renvoyer, ou le retirer.

    Args:
        periode: Le mois à régler, écrit AAAA-MM (2024-09). Vide : toutes les factures, et les relances des clients.

    """
    month = Period.parse(periode)
    if periode.strip() and month is None:
        return Failed(message=unknown_period(periode, datetime.now(PARIS)))
    run = flow_run.get_id() or ""
    questions = ask_about(run, str(month or ""))
    if not questions:
        return Completed(message="Aucun envoi n'est incertain : il n'y a rien à régler.")
    if not any(question.answered for question in questions):
        store_answer(run, ask(questions, publish_evidence(run)))
    return _send_what_was_decided(run)


def _send_what_was_decided(run: str) -> State[Any]:
    documents = resends(run)
    stops = mail_documents(documents)
    if isinstance(stops, str):
        return Failed(message=stops)
    outcome = settled(run, stops)
    return (Failed if outcome.failed else Completed)(message=outcome.sentence)


def ask(questions: list[Question], page: str) -> Answer:
    """Suspend the run until a person has answered. The form is made from the stored questions."""
    form = _form(questions, _description(len(questions), page))
    answer = suspend_flow_run(wait_for_input=form, key="incertains", timeout=PATIENCE_SECONDS)
    return read_answer(questions, answer.model_dump())


def _form(questions: list[Question], explanation: str) -> type[RunInput]:
    labels = tuple(question.label for question in questions)
    fields: dict[str, object] = {
        "vos_initiales": initials_entry(explanation),
        "motif": (
            str,
            Field(
                title="Comment le savez-vous ?", description="Gardé dans l'historique.", min_length=1, max_length=300
            ),
        ),
    }
    for name, title in LISTS.values():
        fields[name] = (list[one_of(labels)], Field(default=[], title=title))  # type: ignore[misc]
    return cast("type[RunInput]", create_model("Incertains", __base__=RunInput, **fields))  # type: ignore[call-overload]


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
