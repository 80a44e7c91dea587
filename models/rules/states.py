"""The life of a delivery: its states, and the only steps between them."""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one document to one address stands."""

    PLANNED = "planned"
    COMPOSED = "composed"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    ABANDONED = "abandoned"
    WITHDRAWN = "withdrawn"


S = DeliveryState

TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    S.PLANNED: frozenset({S.COMPOSED, S.WITHDRAWN}),
    # Back to planned: the source changed after the message was composed.
    S.COMPOSED: frozenset({S.CLAIMED, S.PLANNED, S.WITHDRAWN}),
    # Nothing has been promised to the relay before the dot: every way out but `accepted` and `uncertain` is open.
    S.CLAIMED: frozenset({S.HANDING_OVER, S.COMPOSED, S.DEFERRED, S.REFUSED, S.WITHDRAWN}),
    # Back to composed: the relay refused after the dot because of itself or of the sender, not of the address.
    S.HANDING_OVER: frozenset({S.ACCEPTED, S.REFUSED, S.DEFERRED, S.UNCERTAIN, S.COMPOSED}),
    S.DEFERRED: frozenset({S.CLAIMED, S.PLANNED, S.ABANDONED, S.WITHDRAWN}),
    # A person decides, or a late reply to the same attempt does.
    S.UNCERTAIN: frozenset({S.ACCEPTED, S.COMPOSED, S.REFUSED, S.DEFERRED, S.WITHDRAWN}),
    # Final: sending again is a new version.
    S.ACCEPTED: frozenset(),
    S.REFUSED: frozenset(),
    S.ABANDONED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

WAITING = frozenset({S.PLANNED, S.COMPOSED, S.CLAIMED, S.HANDING_OVER, S.DEFERRED})
FAILED = frozenset({S.REFUSED, S.ABANDONED})
FINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)


class ForbiddenTransitionError(Exception):
    """A step that the life of a delivery does not have: a bug, never an outcome."""

    def __init__(self, before: DeliveryState, after: DeliveryState) -> None:
        super().__init__(f"a delivery cannot go from {before} to {after}")


def check_transition(before: DeliveryState, after: DeliveryState) -> None:
    """Raise ForbiddenTransitionError unless ``before -> after`` is in the table."""
    if after not in TRANSITIONS[before]:
        raise ForbiddenTransitionError(before, after)
