"""The arithmetic of an account's limits."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.pacing import TRANSFER_SECONDS, TURN_GOOD_FOR_SECONDS, days_needed, sending_seconds, spacing_seconds


@given(st.integers(1, 10_000))
def test_no_minute_of_the_relay_holds_a_message_too_many(rate: int) -> None:
    """Even when every turn is used as late as it may be, or on time, as suits the relay's count least."""
    turns = ceil((60 + TURN_GOOD_FOR_SECONDS + TRANSFER_SECONDS) / spacing_seconds(rate))  # a half-open interval's
    assert turns <= rate


@given(st.integers(1, 10_000))
def test_at_least_97_percent_of_the_rate_is_used(rate: int) -> None:
    assert 60 / spacing_seconds(rate) >= 0.97 * rate


def test_without_a_limit_nothing_waits() -> None:
    """0 is no limit."""
    assert spacing_seconds(0) == 0
    assert sending_seconds(500, 0) == 0


def test_a_campaign_takes_its_turns_one_after_the_other() -> None:
    """The first leaves at once, so 30 a minute take 29 turns."""
    assert sending_seconds(1, 30) == 0
    assert sending_seconds(30, 30) == pytest.approx(29 * 60 / 29.4)


@pytest.mark.parametrize(
    ("messages", "left_now", "quota", "days"),
    [
        pytest.param(500, 500, 10_000, 1, id="just enough is left"),
        pytest.param(501, 500, 10_000, 2, id="one too many"),
        pytest.param(25_000, 10_000, 10_000, 3, id="two and a half quotas"),
        pytest.param(10_000, 0, 10_000, 2, id="today is used up"),
        pytest.param(30_001, 10_000, 10_000, 4, id="one more than three quotas"),
        pytest.param(99_999, 0, 0, 1, id="no quota"),
    ],
)
def test_what_is_over_the_quota_takes_more_days(messages: int, left_now: int, quota: int, days: int) -> None:
    assert days_needed(messages, left_now, quota) == days
