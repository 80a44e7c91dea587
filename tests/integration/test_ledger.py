"""The guarded steps of the ledger, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from models.database.clock import utc_now
from models.database.session import writing
from models.ledger import steps
from models.rules.replies import Verdict
from models.rules.states import DeliveryState, ForbiddenTransitionError
from models.tables.delivery import Delivery
from models.values.evidence import Evidence, Stage
from tests.workplace import Workplace

S = DeliveryState


@pytest.fixture
def delivery_id(workplace: Workplace) -> int:
    workplace.add_resident("Aubert", "a@example.org")
    workplace.choose(workplace.plan())
    (delivery,) = workplace.deliveries()
    return delivery.id


def claim(workplace: Workplace, delivery_id: int, lease_seconds: float = 60) -> int | None:
    now = utc_now()
    with writing(workplace.database) as session:
        return steps.compose_and_claim(
            session.connection(),
            delivery_id,
            fingerprint="f",
            archive_key="a",
            message_id="m",
            flow_run_id="run",
            relay="relay",
            leased_until=now + timedelta(seconds=lease_seconds),
            now=now,
        )


def hand_over(workplace: Workplace, delivery_id: int, attempt: int, lease_seconds: float = 60) -> bool:
    now = utc_now()
    with writing(workplace.database) as session:
        until = now + timedelta(seconds=lease_seconds)
        return steps.begin_handing_over(session.connection(), delivery_id, attempt, leased_until=until, now=now)


def settle(workplace: Workplace, delivery_id: int, attempt: int) -> bool:
    evidence = Evidence(Stage.FINAL, 250, text="OK")
    with writing(workplace.database) as session:
        return steps.settle(
            session.connection(), delivery_id, attempt, S.ACCEPTED, evidence, Verdict.ACCEPTED, now=utc_now()
        )


def end_lost_leases(workplace: Workplace, later_seconds: float) -> dict[DeliveryState, int]:
    with writing(workplace.database) as session:
        return steps.end_lost_leases(session.connection(), now=utc_now() + timedelta(seconds=later_seconds))


def state(workplace: Workplace) -> str:
    return workplace.deliveries()[0].state


def test_one_of_many_workers_gets_the_row(workplace: Workplace, delivery_id: int) -> None:
    """A claim is won once."""
    with ThreadPoolExecutor(8) as pool:
        won = [number for number in pool.map(lambda _: claim(workplace, delivery_id), range(8)) if number]
    assert won == [1]


def test_a_worker_that_lost_its_lease_cannot_send_the_dot(workplace: Workplace, delivery_id: int) -> None:
    """The fence knows the attempt."""
    first = claim(workplace, delivery_id)
    assert end_lost_leases(workplace, 61)[S.COMPOSED] == 1
    now = utc_now()
    with writing(workplace.database) as session:
        second = steps.claim(
            session.connection(),
            delivery_id,
            S.COMPOSED,
            flow_run_id="b",
            relay="r",
            leased_until=now + timedelta(60),
            now=now,
        )
    assert (first, second) == (1, 2)
    assert hand_over(workplace, delivery_id, 1) is False
    assert hand_over(workplace, delivery_id, 2) is True


def test_a_live_lease_is_left_alone(workplace: Workplace, delivery_id: int) -> None:
    """Nobody can tell a slow worker from a dead one before that."""
    claim(workplace, delivery_id)
    assert end_lost_leases(workplace, 30) == {S.COMPOSED: 0, S.UNCERTAIN: 0}
    assert state(workplace) == S.CLAIMED


def test_a_lease_lost_after_the_fence_is_uncertain_and_a_late_reply_settles_it(
    workplace: Workplace, delivery_id: int
) -> None:
    """The same attempt still knows what the relay said."""
    claim(workplace, delivery_id)
    assert hand_over(workplace, delivery_id, 1)
    assert end_lost_leases(workplace, 61)[S.UNCERTAIN] == 1
    assert state(workplace) == S.UNCERTAIN
    assert settle(workplace, delivery_id, 1)
    assert state(workplace) == S.ACCEPTED


def test_a_reply_to_an_older_attempt_settles_nothing(workplace: Workplace, delivery_id: int) -> None:
    """Only the attempt that holds the row may speak for it."""
    claim(workplace, delivery_id)
    end_lost_leases(workplace, 61)
    assert settle(workplace, delivery_id, 1) is False
    assert state(workplace) == S.COMPOSED


def test_a_step_that_is_not_in_the_table_raises(workplace: Workplace, delivery_id: int) -> None:
    """Before anything is written."""
    with pytest.raises(ForbiddenTransitionError), writing(workplace.database) as session:
        steps.withdraw(session.connection(), delivery_id, S.ACCEPTED, note="", now=utc_now())


def test_the_same_document_address_version_and_purpose_exist_once(workplace: Workplace, delivery_id: int) -> None:
    """Whatever the code above it does, the database refuses a duplicate."""
    row = workplace.deliveries()[0]
    with pytest.raises(IntegrityError), writing(workplace.database) as session:
        session.add(
            Delivery(
                document_id=row.document_id,
                version=1,
                address=row.address,
                purpose="real",
                role="resident",
                campaign_id=row.campaign_id,
                changed_at=utc_now(),
            )
        )


def test_a_deferred_delivery_that_is_planned_anew_forgets_its_wait(workplace: Workplace, delivery_id: int) -> None:
    """Its message was never tried: nothing says that the recipient's server wants it later."""
    attempt = claim(workplace, delivery_id)
    assert attempt is not None
    now = utc_now()
    later = Evidence(Stage.RCPT, 450, text="4.2.0 greylisted")
    with writing(workplace.database) as session:
        rows, verdict = session.connection(), Verdict.DEFERRED
        wait = now + timedelta(minutes=15)
        assert steps.settle(rows, delivery_id, attempt, S.DEFERRED, later, verdict, now=now, not_before=wait)
        assert steps.replan(rows, delivery_id, S.DEFERRED, now=now)
    [delivery] = workplace.deliveries()
    assert (delivery.state, delivery.not_before) == ("planned", None)
