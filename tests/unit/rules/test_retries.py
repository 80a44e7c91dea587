"""When a deferred delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.retries import next_try

START = datetime(2024, 10, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("elapsed_minutes", "failures", "expected_wait"),
    [
        pytest.param(0, 1, 15, id="first"),
        pytest.param(15, 2, 30, id="second"),
        pytest.param(45, 3, 60, id="third"),
        pytest.param(600, 9, 240, id="never more than four hours"),
        pytest.param(20 * 60, 9, 240, id="just in time"),
        pytest.param(20 * 60 + 1, 9, None, id="too late: given up"),
    ],
)
def test_the_waits_double_and_end(elapsed_minutes: int, failures: int, expected_wait: int | None) -> None:
    """15, 30, 60 minutes and so on, at most 4 hours, for 24 hours."""
    now = START + timedelta(minutes=elapsed_minutes)
    expected = None if expected_wait is None else now + timedelta(minutes=expected_wait)
    assert next_try(START, now, failures, 15, 24) == expected
