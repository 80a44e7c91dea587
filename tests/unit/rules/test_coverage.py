"""Every document is in exactly one class, judged by those whom it was planned for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.coverage import Coverage, DeliveryFact, judge, settled_at
from models.rules.recipients import NoAddress, Recipient, Recipients, Role
from models.rules.states import DeliveryState

S, C = DeliveryState, Coverage
THEN = datetime(2024, 10, 5, tzinfo=UTC)
LATER, EARLIER = THEN + timedelta(days=1), THEN - timedelta(days=1)
R, T, NEW = "r@x.fr", "t@x.fr", "new@x.fr"
BOTH = (Recipient("R@x.fr", Role.RESIDENT), Recipient("t@x.fr", Role.GUARDIAN))
RESIDENT, GUARDIAN = (BOTH[0],), (BOTH[1],)
MENDED = (Recipient("New@x.fr", Role.RESIDENT), BOTH[1])
NEW_GUARDIAN = (BOTH[0], Recipient(NEW, Role.GUARDIAN))
SAME = (Recipient(R, Role.BOTH),)


def fact(number: int, role: Role, address: str, state: DeliveryState, *, campaign: int = 1, unwritten: bool = False):
    return DeliveryFact(number, campaign, role, address, state, THEN, unwritten)


def resident(state: DeliveryState, address: str = R, number: int = 1, **more: object) -> DeliveryFact:
    return fact(number, Role.RESIDENT, address, state, **more)  # type: ignore[arg-type]


def guardian(state: DeliveryState, address: str = T, number: int = 2, **more: object) -> DeliveryFact:
    return fact(number, Role.GUARDIAN, address, state, **more)  # type: ignore[arg-type]


OK, NO, LATE = S.ACCEPTED, S.REFUSED, S.DEFERRED


@pytest.mark.parametrize(
    ("recipients", "facts", "printed", "expected"),
    [
        pytest.param(BOTH, [], None, C.WAITING, id="nothing planned yet"),
        pytest.param(NoAddress.PAPER, [], None, C.WAITING, id="paper: to print"),
        pytest.param(NoAddress.NONE, [], LATER, C.PRINTED, id="no address: printed"),
        pytest.param(BOTH, [], LATER, C.PRINTED, id="printed before anything was planned"),
        pytest.param(BOTH, [resident(OK), guardian(OK)], None, C.MAILED, id="all accepted"),
        pytest.param(BOTH, [resident(OK)], None, C.MAILED, id="a guardian came after it had left"),
        pytest.param(RESIDENT, [resident(OK), guardian(NO)], None, C.FAILED, id="a refused guardian who left the list"),
        pytest.param(BOTH, [resident(OK), guardian(NO)], None, C.FAILED, id="the guardian pays: refused"),
        pytest.param(BOTH, [resident(OK), guardian(NO)], LATER, C.PRINTED, id="printed after the refusal"),
        pytest.param(BOTH, [resident(OK), guardian(NO)], EARLIER, C.FAILED, id="printed before the refusal"),
        pytest.param(BOTH, [resident(S.ABANDONED), guardian(OK)], None, C.FAILED, id="given up"),
        pytest.param(BOTH, [resident(S.PLANNED, unwritten=True), guardian(OK)], None, C.FAILED, id="not composed"),
        pytest.param(BOTH, [resident(LATE), guardian(OK)], None, C.WAITING, id="deferred"),
        pytest.param(
            BOTH, [resident(LATE), guardian(OK)], LATER, C.WAITING, id="deferred, and printed: it still leaves"
        ),
        pytest.param(BOTH, [resident(S.UNCERTAIN), guardian(NO)], LATER, C.UNCERTAIN, id="uncertain comes first"),
        pytest.param(BOTH, [resident(S.UNCERTAIN, "old@x.fr")], None, C.UNCERTAIN, id="uncertain at an old address"),
        pytest.param(MENDED, [resident(NO), guardian(OK)], None, C.WAITING, id="corrected: to be sent there"),
        pytest.param(
            MENDED, [resident(NO), guardian(OK), resident(OK, NEW, 3)], None, C.MAILED, id="corrected and accepted"
        ),
        pytest.param(
            MENDED, [resident(NO), guardian(OK), resident(NO, NEW, 3)], None, C.FAILED, id="corrected and refused again"
        ),
        pytest.param(MENDED, [resident(OK), guardian(OK)], None, C.MAILED, id="an address changed after it had left"),
        pytest.param(MENDED, [resident(OK), guardian(NO)], None, C.FAILED, id="another one's address was corrected"),
        pytest.param(NEW_GUARDIAN, [resident(OK), guardian(NO)], None, C.WAITING, id="a new guardian takes the place"),
        pytest.param(
            NEW_GUARDIAN, [resident(OK), guardian(NO), guardian(OK, NEW, 3)], None, C.MAILED, id="and has got it"
        ),
        pytest.param(
            NEW_GUARDIAN, [resident(OK), guardian(OK)], None, C.MAILED, id="a new guardian gets no old months"
        ),
        pytest.param(GUARDIAN, [resident(NO)], None, C.WAITING, id="the guardian takes the resident's place"),
        pytest.param(
            GUARDIAN, [resident(NO), guardian(OK, campaign=2)], None, C.MAILED, id="and got it by a later campaign"
        ),
        pytest.param(
            GUARDIAN, [resident(NO), guardian(OK)], None, C.FAILED, id="who was planned beside him takes no place"
        ),
        pytest.param(NoAddress.PAPER, [resident(NO)], None, C.FAILED, id="refused, and paper since"),
        pytest.param(NoAddress.PAPER, [resident(NO)], LATER, C.PRINTED, id="refused, paper, printed"),
        pytest.param(NoAddress.PAPER, [resident(OK)], None, C.MAILED, id="paper from the next month on"),
        pytest.param(BOTH, [resident(S.WITHDRAWN), guardian(OK)], None, C.EXCLUDED, id="one was taken out by a person"),
        pytest.param(BOTH, [resident(S.WITHDRAWN), guardian(S.WITHDRAWN)], None, C.EXCLUDED, id="both were taken out"),
        pytest.param(
            MENDED, [resident(S.WITHDRAWN), guardian(OK)], None, C.WAITING, id="corrected before anything had left"
        ),
        pytest.param(NoAddress.PAPER, [resident(S.WITHDRAWN)], None, C.WAITING, id="paper before anything had left"),
        pytest.param(BOTH, [fact(1, Role.BOTH, R, NO)], None, C.FAILED, id="one address for two, refused"),
        pytest.param(SAME, [fact(1, Role.BOTH, R, OK)], None, C.MAILED, id="one address for two, accepted"),
        pytest.param(
            BOTH,
            [resident(OK), guardian(NO), guardian(OK, number=3)],
            None,
            C.MAILED,
            id="sent again in a second version",
        ),
        pytest.param(
            BOTH, [resident(OK), guardian(OK), resident(NO, number=3)], None, C.FAILED, id="the latest sending counts"
        ),
    ],
)
def test_a_document_is_judged_by_those_whom_it_was_planned_for(
    recipients: Recipients, facts: list[DeliveryFact], printed: datetime | None, expected: Coverage
) -> None:
    """Each by his latest sending, whatever its version; who takes a failed one's place counts in his stead."""
    assert judge(recipients, facts, printed).coverage is expected


ANY_RECIPIENTS = st.sampled_from([BOTH, RESIDENT, GUARDIAN, MENDED, NEW_GUARDIAN, SAME, *NoAddress])
ANY_FACTS = st.lists(
    st.tuples(
        st.sampled_from([Role.RESIDENT, Role.GUARDIAN, Role.BOTH]), st.sampled_from([R, T, NEW]), st.sampled_from(S)
    ),
    max_size=5,
).map(lambda drawn: [fact(n, role, address, state) for n, (role, address, state) in enumerate(drawn, start=1)])


@given(ANY_RECIPIENTS, ANY_RECIPIENTS, ANY_FACTS, st.sampled_from([None, EARLIER, LATER]))
def test_what_is_settled_stays_whatever_changes(
    before: Recipients, after: Recipients, facts: list[DeliveryFact], printed: datetime | None
) -> None:
    """Only an uncertain sending is told first; and whatever is settled has a moment."""
    verdict = judge(before, facts, printed)
    moment = settled_at(verdict, facts, printed)
    assert (moment is None) is (verdict.coverage not in {C.MAILED, C.PRINTED})
    if moment is not None:
        assert judge(after, facts, printed, verdict.coverage).coverage is verdict.coverage


@given(ANY_RECIPIENTS, ANY_FACTS, st.sampled_from([None, EARLIER, LATER]))
def test_nobody_is_served_twice_and_nobody_is_forgotten(
    recipients: Recipients, facts: list[DeliveryFact], printed: datetime | None
) -> None:
    """What is still to be planned is a current address; what waits is planned, to be planned or to be printed."""
    verdict = judge(recipients, facts, printed)
    current = () if isinstance(recipients, NoAddress) else recipients
    assert verdict.unserved <= {recipient.key for recipient in current}
    if verdict.coverage is C.WAITING:
        under_way = any(not f.has_failed and f.state not in {OK, S.WITHDRAWN} for f in facts)
        assert under_way or verdict.unserved or isinstance(recipients, NoAddress)
    if verdict.coverage is C.FAILED:
        assert verdict.failing
