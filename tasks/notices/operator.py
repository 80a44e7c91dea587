"""The operator is told that a run failed, waits for a person, or did not start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL
from sqlalchemy import select

from models.database.clock import utc_now
from models.tables.organisation import Structure
from models.values.ending import Ending
from models.values.mail import Mail
from models.values.moments import PARIS
from models.values.relay import Relay
from settings.ledger import reading_ledger
from settings.load import load_settings
from tasks.documents.mail_parts import one_line, render
from tasks.french.moments import paris_moment
from tasks.mail.message import message_id
from tasks.notices.posting import post
from tasks.relays.finding import find_relays

SENDER_NAME = "Facteur"
TOLD = "facteur.avis"


class Reason(StrEnum):
    """Why a run needs somebody; the values stand in the form of ``avertir``."""

    FAILED = "échec"
    REVIEW = "relecture en attente"
    LATE = "pas démarrée"


_STILL_SO = {
    Reason.FAILED: {StateType.FAILED, StateType.CRASHED},
    Reason.REVIEW: {StateType.PAUSED},
    Reason.LATE: {StateType.SCHEDULED},
}


@dataclass(frozen=True, slots=True)
class Notice:
    """How the telling ended. ``again``: no relay took the mail, which it may do later."""

    ending: Ending
    again: bool = False


def notify(run_id: str, reason: Reason) -> Notice:
    """Mail the operator about a run, once for each state that it is in: an automation may fire twice.

    The run is read anew: what is over by now, because somebody pressed Retry or Resume, is not told.
    """
    settings = load_settings()
    operators, sender = settings.notices.operators, settings.notices.sender
    if not operators:
        return Notice(Ending("Aucun destinataire réglé (FACTEUR_NOTICES__OPERATOR)."))
    if not sender:
        return Notice(Ending("Aucun expéditeur réglé (FACTEUR_NOTICES__SENDER) : personne n'est prévenu.", failed=True))
    found = _read(run_id)
    if found is None:
        return Notice(Ending("L'exécution n'existe pas, ou plus : personne n'est à prévenir."))
    run, flow, state = found
    if state.type not in _STILL_SO[reason]:
        return Notice(Ending(f"L'exécution « {run.name} » a continué entre-temps : personne n'est à prévenir."))
    mark = f"{TOLD}.{reason.name.lower()}"
    if run.labels.get(mark) == str(state.id):
        return Notice(Ending(f"Déjà prévenu de l'exécution « {run.name} »."))
    refusals = {}
    for number, address in enumerate(operators, start=1):
        key = f"notice:{run.id}:{reason.name}:{state.id}:{number}"
        mail = _mail(run, flow, state, reason, sender, address, message_id(key, sender.rpartition("@")[2]))
        if refusal := post(mail, _relays(run), settings):
            refusals[address] = refusal.sentence
    if len(refusals) < len(operators):  # who was told is not told again for the sake of who was not
        _mark(run.id, mark, str(state.id))
    if not refusals:
        return Notice(Ending(f"Prévenu : {', '.join(operators)}."))
    listed = " ; ".join(f"{address} ({refusal})" for address, refusal in refusals.items())
    return Notice(Ending(f"Non prévenu : {listed}.", failed=True), again=len(refusals) == len(operators))


def _read(run_id: str) -> tuple[FlowRun, str, State] | None:
    try:
        key = UUID(run_id.strip())
    except ValueError:
        return None
    with get_client(sync_client=True) as client:
        try:
            run = client.read_flow_run(key)
        except ObjectNotFound:
            return None
        flow = client.read_flow(run.flow_id)
    return (run, flow.name, run.state) if run.state else None


def _mark(run_id: UUID, mark: str, state_id: str) -> None:
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(run_id, {mark: state_id})


def _mail(run: FlowRun, flow: str, state: State, reason: Reason, sender: str, recipient: str, identity: str) -> Mail:
    context: dict[str, object] = {
        "reason": reason.name,
        "flow": flow,
        "run": one_line(run.name),
        "message": one_line(state.message or ""),
        "since": paris_moment(run.next_scheduled_start_time if reason is Reason.LATE else state.timestamp),
        "link": f"{_screen()}/runs/flow-run/{run.id}",
    }
    return Mail(
        sender_name=SENDER_NAME,
        sender_email=sender,
        reply_to="",
        recipient_email=recipient,
        subject=one_line(render("notice_mail/subject.txt", context)),
        text=render("notice_mail/body.txt", context),
        html=render("notice_mail/body.html", context),
        attachments=(),
        message_id=identity,
        date=utc_now().astimezone(PARIS),
    )


def _screen() -> str:
    """The UI's address: the one that was set, or that of the API."""
    return (PREFECT_UI_URL.value() or str(PREFECT_API_URL.value() or "").removesuffix("/api")).rstrip("/")


def _relays(run: FlowRun) -> Iterator[Relay]:
    """The relays of the run's structures, then all others: the one that failed may be why the operator is told."""
    with reading_ledger() as session:
        known = session.scalars(select(Structure.code).order_by(Structure.code)).all()
    asked = run.parameters.get("structures") or ()
    for code in sorted(known, key=lambda code: code not in asked):
        yield from find_relays((code,)).relays.values()
