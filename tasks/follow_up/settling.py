"""What a person decided about the uncertain deliveries, carried out in the ledger and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.ledger import steps
from models.rules.states import DeliveryState
from models.tables.decision import Decision
from models.tables.delivery import Delivery
from models.values.documents import DocumentReference
from models.values.ending import Ending, Stopped
from models.values.kinds import Obstacle, Settlement
from settings.ledger import reading_ledger, writing_ledger
from tasks.campaigns.documents import references
from tasks.campaigns.remaining import sendable
from tasks.french.labels import OBSTACLE
from tasks.french.numbers import counted_if_any
from tasks.pages.headlines import Tally, counts

S = DeliveryState


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered: who, why, and the deliveries in each list."""

    initials: str
    reason: str
    deliveries: Mapping[Settlement, Collection[int]]


def store_answer(flow_run_id: str, answer: Answer) -> None:
    """Carry the answer out and keep it, in one transaction; once for a run.

    A delivery in two lists makes the whole answer void: no delivery changes.
    """
    now = utc_now()
    often = Counter(delivery for listed in answer.deliveries.values() for delivery in listed)
    choices = {delivery: choice for choice, listed in answer.deliveries.items() for delivery in listed}
    with writing_ledger() as session:
        rows = session.scalars(select(Decision).where(Decision.flow_run_id == flow_run_id).order_by(Decision.id)).all()
        if any(row.taken_at for row in rows):
            return
        void = any(number > 1 for number in often.values())
        for row in rows:
            row.taken_at, row.initials = now, answer.initials[:60]
            choice = choices.get(row.delivery_id)
            if void:
                row.obstacle = Obstacle.IN_TWO_LISTS if often[row.delivery_id] > 1 else ""
            elif choice is None:
                continue
            elif _carry_out(session, row.delivery_id, choice, answer, now):
                row.choice, row.reason = choice, answer.reason[:300]
            else:
                row.obstacle = Obstacle.NO_LONGER_UNCERTAIN


def _carry_out(session: Session, delivery_id: int, choice: Settlement, answer: Answer, now: datetime) -> bool:
    match choice:
        case Settlement.ARRIVED:
            note = f"bien arrivé selon {answer.initials} : {answer.reason}"
            return steps.decide(session.connection(), delivery_id, S.ACCEPTED, note=note, now=now)
        case Settlement.WITHDRAW:
            note = f"retiré par {answer.initials} : {answer.reason}"
            return steps.decide(session.connection(), delivery_id, S.WITHDRAWN, note=note, now=now)
        case Settlement.RESEND:
            # No note: it would hide the server's next reply from the reports.
            return steps.decide(session.connection(), delivery_id, S.COMPOSED, note="", now=now)
        case _:
            assert_never(choice)


def resends(flow_run_id: str) -> list[DocumentReference]:
    """The documents that this run decided to send again and that have not left yet."""
    now = utc_now()
    with writing_ledger() as session:
        steps.end_lost_leases(session.connection(), now=now)
        rows = session.execute(
            select(Delivery.document_id, Delivery.version, Delivery.purpose)
            .join(Decision, Decision.delivery_id == Delivery.id)
            .where(Decision.flow_run_id == flow_run_id, Decision.choice == Settlement.RESEND, sendable(now))
            .distinct()
            .order_by(Delivery.document_id)
        ).all()
        return references(session, [(row.document_id, row.version, row.purpose) for row in rows])


def settled(flow_run_id: str, stops: Collection[Stopped] = ()) -> Ending:
    """How the run ends, read from the ledger: what was decided, what became of it, and what stays uncertain."""
    with reading_ledger() as session:
        rows = session.execute(
            select(Decision.choice, Decision.obstacle, Decision.initials, Decision.shown, Delivery.id, Delivery.state)
            .join(Delivery, Decision.delivery_id == Delivery.id)
            .where(Decision.flow_run_id == flow_run_id)
            .order_by(Decision.id)
        ).all()
    twice = [row.shown for row in rows if row.obstacle == Obstacle.IN_TWO_LISTS]
    if twice:
        return Ending(
            f"Rien n'a été changé : {' ; '.join(twice)} est {OBSTACLE[Obstacle.IN_TWO_LISTS]}. "
            "Relancez « regler-les-incertains ».",
            failed=True,
        )
    by_choice = Counter(row.choice for row in rows)
    tally = Tally.of([(row.id, S(row.state), False) for row in rows if row.choice == Settlement.RESEND])
    parts = [
        counted_if_any(by_choice[Settlement.ARRIVED], "bien arrivé"),
        f"{by_choice[Settlement.RESEND]} à renvoyer ({counts(tally)})" if by_choice[Settlement.RESEND] else "",
        counted_if_any(by_choice[Settlement.WITHDRAW], "retiré"),
    ]
    decided = len(rows) - by_choice[""]
    open_ = sum(row.choice == "" and row.state == S.UNCERTAIN for row in rows)
    changed = sum(row.obstacle == Obstacle.NO_LONGER_UNCERTAIN for row in rows)
    sentences = [
        f"{counted_if_any(decided, 'décision')} de {rows[0].initials} : {', '.join(part for part in parts if part)}."
        if decided
        else "Aucune décision n'a été prise.",
        f"Déjà réglé entre-temps, sans changement ici : {changed}." if changed else "",
        f"{open_} {'restent incertains' if open_ > 1 else 'reste incertain'}." if open_ else "",
    ]
    sentences += [f"Arrêt : {stop.sentence}. {stop.remedy}" for stop in list(stops)[:1]]
    failed = bool(stops or tally.refused or tally.uncertain or tally.waiting)
    return Ending(" ".join(sentence for sentence in sentences if sentence), failed)
