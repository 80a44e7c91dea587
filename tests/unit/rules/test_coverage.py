"""Every document is in exactly one class."""

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.coverage import Coverage, DeliveryFact, coverage
from models.rules.recipients import NoAddress, Recipient, Role
from models.rules.states import DeliveryState

S = DeliveryState
THEN = datetime(2024, 10, 5, tzinfo=UTC)
LATER, EARLIER = THEN + timedelta(days=1), THEN - timedelta(days=1)
BOTH = (Recipient("R@x.fr", Role.RESIDENT), Recipient("t@x.fr", Role.GUARDIAN))


def fact(address: str, state: DeliveryState, *, unwritten: bool = False) -> DeliveryFact:
    return DeliveryFact(address, state, THEN, unwritten)


R, T = "r@x.fr", "t@x.fr"


@pytest.mark.parametrize(
    ("recipients", "facts", "printed", "expected"),
    [
        pytest.param(BOTH, [], None, Coverage.WAITING, id="nothing planned yet"),
        pytest.param(BOTH, [fact(R, S.ACCEPTED)], None, Coverage.WAITING, id="the guardian is still to come"),
        pytest.param(BOTH, [fact(R, S.ACCEPTED), fact(T, S.ACCEPTED)], None, Coverage.MAILED, id="all accepted"),
        pytest.param(
            BOTH, [fact(R, S.ACCEPTED), fact(T, S.REFUSED)], None, Coverage.FAILED, id="the guardian pays: refused"
        ),
        pytest.param(
            BOTH, [fact(R, S.ACCEPTED), fact(T, S.REFUSED)], LATER, Coverage.PRINTED, id="printed after the refusal"
        ),
        pytest.param(
            BOTH, [fact(R, S.ACCEPTED), fact(T, S.REFUSED)], EARLIER, Coverage.FAILED, id="printed before the refusal"
        ),
        pytest.param(BOTH, [fact(R, S.ABANDONED), fact(T, S.ACCEPTED)], None, Coverage.FAILED, id="given up"),
        pytest.param(
            BOTH, [fact(R, S.UNCERTAIN), fact(T, S.REFUSED)], LATER, Coverage.UNCERTAIN, id="uncertain comes first"
        ),
        pytest.param(BOTH, [fact("old@x.fr", S.UNCERTAIN)], None, Coverage.UNCERTAIN, id="uncertain at an old address"),
        pytest.param(
            BOTH,
            [fact("old@x.fr", S.REFUSED), fact(R, S.ACCEPTED), fact(T, S.ACCEPTED)],
            None,
            Coverage.MAILED,
            id="a refusal of an address that is gone",
        ),
        pytest.param(BOTH, [fact("old@x.fr", S.REFUSED)], None, Coverage.WAITING, id="the address was mended"),
        pytest.param(BOTH, [fact(R, S.DEFERRED), fact(T, S.ACCEPTED)], None, Coverage.WAITING, id="deferred"),
        pytest.param(
            BOTH, [fact(R, S.PLANNED, unwritten=True), fact(T, S.ACCEPTED)], None, Coverage.FAILED, id="not composed"
        ),
        pytest.param(BOTH, [fact(R, S.WITHDRAWN), fact(T, S.ACCEPTED)], None, Coverage.EXCLUDED, id="withdrawn"),
        pytest.param(NoAddress.PAPER, [], None, Coverage.WAITING, id="paper, to print"),
        pytest.param(NoAddress.NONE, [], LATER, Coverage.PRINTED, id="no address, printed"),
        pytest.param(BOTH, [], LATER, Coverage.WAITING, id="printed, but mail is still to be sent"),
    ],
)
def test_coverage(
    recipients: tuple[Recipient, ...] | NoAddress,
    facts: list[DeliveryFact],
    printed: datetime | None,
    expected: Coverage,
) -> None:
    """The first class that fits, on the current addresses."""
    assert coverage(recipients, facts, printed) is expected
