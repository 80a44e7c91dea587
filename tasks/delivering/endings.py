"""The ways in which a step of a delivery ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.rules.states import DeliveryState
from models.values.ending import Stopped
from models.values.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing more happens to the delivery in this task: its state, what was observed, and in French what it means."""

    state: DeliveryState
    evidence: Evidence | None = None
    sentence: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Provably not sent, and nothing stands against another try at once, from the beginning.

    ``relay_at_fault``: the breaker counts those, so that they come to an end; the others are counted by who tries.
    """

    relay_at_fault: bool = False


def held_back(stopped: Stopped) -> Settled:
    """A delivery that waits because its relay's pool is closed."""
    return Settled(DeliveryState.COMPOSED, stopped.evidence, stopped.sentence)
