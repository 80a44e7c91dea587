"""The faults that must never cost a duplicate or a loss: the heart of ``make faults``, in a minute.

All cases, on both databases, many deliveries and random weather: ``make faults``.
"""

from __future__ import annotations

import pytest

from tests.faults.case import Case
from tests.faults.cases import CASES, LATER
from tests.faults.crowd import crowd
from tests.faults.databases import SQLITE
from tests.faults.play import play
from tests.faults.random import bad_weather

ON_BOTH = (
    "4 kill between fence and dot",
    "6 kill between 250 and commit",
    "27 asleep before the fence",
    "32 two runs at once",
)
ON_SQLITE = (
    "1 kill before the claim",
    "2 kill after the claim",
    "5 kill after the dot, stored",
    "11 AUTH 535 in mid-campaign",
    "22 554 5.2.0 quota after the dot",
    "29 disk full after the 250",
    "31 another clock, before the fence",
    "34 resent, had arrived",
)
BY_NAME = {str(case): case for case in CASES}


@pytest.mark.parametrize("case", [pytest.param(BY_NAME[name], id=name) for name in ON_BOTH])
def test_what_happens_at_the_dot_is_known_or_uncertain(
    case: Case, database_url: str, request: pytest.FixtureRequest
) -> None:
    """State, copies by the relay's own record, and the invariants, after the fault and after the retry."""
    played = play(case, request.node.callspec.params["database_url"], database_url)
    assert played.holds, "\n".join(played.wrong)


@pytest.mark.parametrize("case", [pytest.param(BY_NAME[name], id=name) for name in ON_SQLITE])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_costs_no_duplicate_and_no_loss(case: Case, database_url: str) -> None:
    """The same for the other faults, on one database."""
    played = play(case, SQLITE, database_url)
    assert played.holds, "\n".join(played.wrong)


def test_two_workers_send_one_campaign_once(database_url: str) -> None:
    """No duplicate, none left over."""
    assert crowd(database_url, processes=2, deliveries=100) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_random_weather_breaks_no_invariant(database_url: str) -> None:
    """One seed; ``python -m tests.faults.random`` takes a new one each time."""
    assert bad_weather(database_url, "make test", deliveries=60).faults == []


def test_every_case_is_played_or_listed_as_later() -> None:
    """34 cases; 33 waits until bounces are read."""
    assert {case.number for case in CASES} | set(LATER) == set(range(1, 35))
