"""What was sent to one resident: every try, printing and decision, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.rules.recipients import Role
from models.rules.replies import Verdict
from models.tables.decision import Decision
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Printing, Version
from models.values.campaign import REAL
from models.values.evidence import Evidence, Fault, Stage
from models.values.kinds import Obstacle, Settlement
from tasks.french.labels import OBSTACLE, ROLE, observed

VERDICT = {
    Verdict.ACCEPTED: "accepté par le serveur",
    Verdict.REFUSED: "refusé",
    Verdict.DEFERRED: "à réessayer plus tard",
    Verdict.UNCERTAIN: "incertain",
    Verdict.RECONNECT: "pas parti, connexion perdue",
    Verdict.RELAY_DELAYED: "pas parti, serveur occupé",
    Verdict.RELAY_STOPPED: "pas parti, serveur en cause",
    Verdict.NOT_OURS: "pas parti, pris par un autre traitement",
    Verdict.UNWRITTEN: "message non composé",
}
NO_VERDICT = "interrompu avant la fin"
SETTLEMENT = {
    Settlement.ARRIVED: "bien arrivé",
    Settlement.RESEND: "à renvoyer à l'identique",
    Settlement.WITHDRAW: "à retirer",
}
LEFT_OPEN = "laissé incertain"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``whom`` is an address with its role; ``said`` is the server's or the person's word."""

    at: datetime
    what: str
    whom: str = ""
    said: str = ""
    relay: str = ""


def read_journal(session: Session, documents: Sequence[int]) -> dict[int, list[Event]]:
    """The events of each document, the earliest first; trials are among them, and say so."""
    found: dict[int, list[Event]] = defaultdict(list)
    deliveries = session.scalars(select(Delivery).where(Delivery.document_id.in_(documents))).all()
    by_id = {delivery.id: delivery for delivery in deliveries}
    for attempt in session.scalars(select(Attempt).where(Attempt.delivery_id.in_(by_id))):
        delivery = by_id[attempt.delivery_id]
        found[delivery.document_id].append(_tried(delivery, attempt))
    for decision in session.scalars(
        select(Decision).where(Decision.delivery_id.in_(by_id), Decision.taken_at.is_not(None))
    ):
        delivery = by_id[decision.delivery_id]
        found[delivery.document_id].append(_decided(delivery, decision))
    for printing in session.scalars(select(Printing).where(Printing.document_id.in_(documents))):
        event = Event(printing.printed_at, "édité pour l'envoi par courrier", said=printing.file_name)
        found[printing.document_id].append(event)
    for version in session.scalars(
        select(Version).where(Version.document_id.in_(documents), Version.purpose == REAL, Version.number > 1)
    ):
        what = f"nouvel envoi demandé (n° {version.number})"
        only = " et ".join(ROLE[Role(role)] for role in version.made_for)
        event = Event(version.created_at, f"{what}, seulement : {only}" if only else what, said=version.reason)
        found[version.document_id].append(event)
    return {document: sorted(events, key=lambda event: event.at) for document, events in found.items()}


def addressed(delivery: Delivery) -> str:
    """The address, on the next line its role; of a trial, where it really went too."""
    role = ROLE.get(delivery.role, delivery.role)  # type: ignore[call-overload]
    trial = f"\nessai envoyé à {delivery.redirected_to}" if delivery.redirected_to else ""
    return f"{delivery.address}\n({role}){trial}"


def _tried(delivery: Delivery, attempt: Attempt) -> Event:
    verdict = VERDICT[Verdict(attempt.verdict)] if attempt.verdict else NO_VERDICT
    said = ""
    if attempt.verdict == Verdict.UNWRITTEN:
        said = attempt.reply
    elif attempt.stage:
        fault = Fault(attempt.fault) if attempt.fault else None
        said = observed(Evidence(Stage(attempt.stage), attempt.code, attempt.enhanced, attempt.reply, fault))
    return Event(
        attempt.started_at,
        f"envoi {delivery.id}, essai {attempt.number} : {verdict}",
        addressed(delivery),
        said,
        attempt.relay.rpartition("@")[2],  # the account's name is no business of a clerk's
    )


def _decided(delivery: Delivery, decision: Decision) -> Event:
    assert decision.taken_at is not None
    choice = SETTLEMENT[Settlement(decision.choice)] if decision.choice else LEFT_OPEN
    return Event(
        decision.taken_at,
        f"envoi {delivery.id}, décision de {decision.initials} : {choice}",
        addressed(delivery),
        OBSTACLE[Obstacle(decision.obstacle)] if decision.obstacle else decision.reason,
    )
