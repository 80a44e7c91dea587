"""When a campaign is expected to end, as a clerk reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from models.database.session import reading_rows
from models.limits.quota import sent_lately
from models.rules.pacing import days_needed, sending_seconds
from models.values.moments import PARIS
from models.values.relay import Relay
from tasks.french.numbers import thousands

ENOUGH_TO_JUDGE_BY = 5


def planned_end(structures: Iterable[str], relays: Mapping[str, Relay], database: str, now: datetime) -> str:
    """When the last message leaves, one message for each name in ``structures``; empty when no relay has a limit.

    ``fin prévue vers 14 h 35``, or ``3 jours : le quota est de 10 000 par jour`` when an account may not send as many
    in 24 hours, what it sent lately counted in.
    """
    seconds, days, tightest = 0.0, 1, 0
    by_account = {relay.account: relay for relay in relays.values()}
    for account, messages in Counter(relays[structure].account for structure in structures).items():
        relay = by_account[account]
        seconds = max(seconds, sending_seconds(messages, relay.messages_per_minute))
        if relay.daily_quota:
            with reading_rows(database) as rows:
                left = max(relay.daily_quota - sent_lately(rows, account), 0)
            needed = days_needed(messages, left, relay.daily_quota)
            if needed > days:
                days, tightest = needed, relay.daily_quota
    if days > 1:
        return f"{days} jours : le quota est de {thousands(tightest)} par jour"
    return f"fin prévue {about(now + timedelta(seconds=seconds), now)}" if seconds else ""


def progress_words(done: int, total: int, elapsed_seconds: float, now: datetime) -> str:
    """How far a run is, and when it ends at this rate: ``40 documents traités sur 214, fin prévue vers 14 h 35``."""
    words = f"{done} {'documents traités' if done > 1 else 'document traité'} sur {total}"
    if done < ENOUGH_TO_JUDGE_BY or done >= total:
        return words
    rest = timedelta(seconds=elapsed_seconds * (total - done) / done)
    return f"{words}, fin prévue {about(now + rest, now)}"


def about(moment: datetime, now: datetime) -> str:
    """``vers 14 h 35``; with its day when that is not today: ``le 25/11 vers 02 h 10``."""
    there, here = moment.astimezone(PARIS), now.astimezone(PARIS)
    day = "" if there.date() == here.date() else f"le {there:%d/%m} "
    return f"{day}vers {there:%H h %M}"
