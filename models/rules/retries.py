"""When a delivery that failed for its address's sake is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_try(
    first_try: datetime, now: datetime, failures: int, first_wait_minutes: int, give_up_hours: int
) -> datetime | None:
    """When to try again after the ``failures``-th failure (from 1), or None: give up.

    The waits double (15, 30, 60 ... minutes, at most 4 hours), as greylisting and full mailboxes ask for (RFC 5321,
    4.5.4.1). It is given up when the next try would come more than ``give_up_hours`` after the first.
    """
    wait = min(timedelta(minutes=first_wait_minutes * 2 ** min(failures - 1, 10)), timedelta(hours=4))
    after = now + wait
    return after if after - first_try <= timedelta(hours=give_up_hours) else None
