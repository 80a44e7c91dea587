"""The one sentence that says how a campaign went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.rules.states import FAILED, DeliveryState
from tasks.documents.french import quantity
from tasks.french.moments import paris_moment
from tasks.french.numbers import counted_if_any
from tasks.kinds.invoice import INVOICES
from tasks.kinds.kind import Kind

S = DeliveryState


@dataclass(frozen=True, slots=True)
class Tally:
    """The documents of a campaign, each counted once, under the worst of its addresses."""

    total: int = 0
    sent: int = 0
    refused: int = 0
    uncertain: int = 0
    deferred: int = 0
    waiting: int = 0
    withdrawn: int = 0

    @classmethod
    def of(cls, deliveries: Iterable[tuple[int, DeliveryState, bool]]) -> Tally:
        """Count (document, state, whether it could not be composed) triples."""
        states: dict[int, set[str]] = {}
        for document, state, unwritten in deliveries:
            states.setdefault(document, set()).add(_column(state, unwritten))
        counts = dict.fromkeys(("uncertain", "refused", "waiting", "deferred", "sent", "withdrawn"), 0)
        for found in states.values():
            counts[next(column for column in counts if column in found)] += 1
        return cls(total=len(states), **counts)


def _column(state: DeliveryState, unwritten: bool) -> str:
    if state in FAILED or unwritten:
        return "refused"
    names = {S.UNCERTAIN: "uncertain", S.DEFERRED: "deferred", S.ACCEPTED: "sent", S.WITHDRAWN: "withdrawn"}
    return names.get(state, "waiting")


def headline(tally: Tally, when: str, since: datetime | None, next_try: datetime | None, kind: Kind = INVOICES) -> str:
    """How a campaign went, for the run's message: "214 factures : 210 envoyées, 3 refusées, 1 incertaine."."""
    if tally.total == 0:
        if since is None:
            return f"Rien à envoyer {kind.for_(when)}."
        return f"Rien à envoyer {kind.for_(when)} : tout est déjà envoyé, depuis le {paris_moment(since)}."
    noun = kind.many if tally.total > 1 else kind.one
    return f"{quantity(Decimal(tally.total))} {noun} {kind.of(when)} : {counts(tally, next_try)}."


def counts(tally: Tally, next_try: datetime | None = None) -> str:
    """The columns that are not zero: "210 envoyées, 3 refusées, 1 incertaine"."""
    parts = [
        counted_if_any(tally.sent, "envoyée"),
        counted_if_any(tally.refused, "refusée"),
        counted_if_any(tally.uncertain, "incertaine"),
        f"{tally.deferred} en attente" + (f", reprise le {paris_moment(next_try)}" if next_try else "")
        if tally.deferred
        else "",
        f"{tally.waiting} en attente" if tally.waiting else "",
        counted_if_any(tally.withdrawn, "retirée"),
    ]
    return ", ".join(part for part in parts if part)
