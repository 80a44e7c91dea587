"""The life of a delivery."""

import pytest

from models.rules.states import FINAL, TRANSITIONS, DeliveryState, ForbiddenTransitionError, check_transition

S = DeliveryState


def test_what_was_accepted_refused_abandoned_or_withdrawn_is_final() -> None:
    """Sending again is a new version, never a step back."""
    assert {S.ACCEPTED, S.REFUSED, S.ABANDONED, S.WITHDRAWN} == FINAL


def test_the_dot_is_only_sent_from_claimed() -> None:
    """Nothing but a claimed delivery can be handed over."""
    assert [before for before, after in TRANSITIONS.items() if S.HANDING_OVER in after] == [S.CLAIMED]


def test_uncertain_is_only_reached_after_the_dot() -> None:
    """Where no dot was sent there is nothing to be uncertain about."""
    assert [before for before, after in TRANSITIONS.items() if S.UNCERTAIN in after] == [S.HANDING_OVER]


@pytest.mark.parametrize("before", DeliveryState)
@pytest.mark.parametrize("after", DeliveryState)
def test_every_step_that_is_not_in_the_table_raises(before: DeliveryState, after: DeliveryState) -> None:
    """The table is the only truth."""
    if after in TRANSITIONS[before]:
        check_transition(before, after)
    else:
        with pytest.raises(ForbiddenTransitionError):
            check_transition(before, after)
