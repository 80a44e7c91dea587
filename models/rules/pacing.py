"""The arithmetic of an account's limits: messages a minute, and messages in 24 hours."""

from __future__ import annotations

from math import ceil

# A relay counts a message when it arrives, some time after its turn. With turns a little further apart than the limit
# asks for, no minute of the relay's can hold one message too many as long as no message comes later than 1.2 s:
# 60 s + 1.2 s hold no more than N turns that are 60 s / (0.98 N) apart, for every N.
USED_SHARE = 0.98
TURN_GOOD_FOR_SECONDS = 1.0  # until the message is begun
TRANSFER_SECONDS = 0.2  # by how much one message may take longer than another from there on

HOUR_SECONDS = 3600
HOURS_COUNTED = 25  # the current hour, and 24 before it: 24 hours at least, whatever the minute


def spacing_seconds(messages_per_minute: int) -> float:
    """The time from one turn to the next; 0 without a limit."""
    return 60 / (messages_per_minute * USED_SHARE) if messages_per_minute else 0.0


def sending_seconds(messages: int, messages_per_minute: int) -> float:
    """How long ``messages`` take at the permitted rate; 0 without a limit."""
    return max(messages - 1, 0) * spacing_seconds(messages_per_minute)


def days_needed(messages: int, left_now: int, daily_quota: int) -> int:
    """On how many days ``messages`` leave when ``left_now`` may still leave today; 1 without a quota."""
    if not daily_quota or messages <= left_now:
        return 1
    return 1 + ceil((messages - left_now) / daily_quota)
