"""An SMTP account's limits as one run keeps them, together with all other runs: its turns, quota and connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from sqlalchemy.exc import OperationalError

from models.database.session import reading_rows, writing_rows
from models.limits.places import LONGEST_KEPT_SECONDS, has_connection, keep_up, leave, queue_up
from models.limits.quota import QuotaReached
from models.limits.turns import delay, take_turn
from models.rules.pacing import HOUR_SECONDS, TURN_GOOD_FOR_SECONDS
from models.values.relay import Relay
from settings.load import Settings

POLL_SECONDS = 0.25


class Account:
    """Waits for what the account allows. ``closing`` ends every wait at once.

    A limit of 0 costs no transaction. A connection costs two, and one for all of them every 20 seconds.
    """

    def __init__(self, relay: Relay, settings: Settings, closing: threading.Event) -> None:
        self._relay = relay
        self._database = settings.database
        self._kept_seconds = min(LONGEST_KEPT_SECONDS, settings.sending.lease_seconds)
        self._closing = closing
        self._places: set[int] = set()
        self._lock = threading.Lock()
        self._turn = threading.local()
        self._heartbeat: threading.Thread | None = None
        self._ended = threading.Event()
        self.is_paced = bool(relay.messages_per_minute or relay.daily_quota)

    def wait_for_turn(self) -> QuotaReached | None:
        """Wait for the next message's turn, or see that no turn comes in this run.

        A quota that frees up within the hour is waited for: on the second day of a long campaign it frees up hour by
        hour.
        """
        return self._wait_for_turn(self._relay.daily_quota)

    def catch_up(self) -> None:
        """When composing made this thread's message late for its turn, wait for another one; it is counted already."""
        if self._relay.messages_per_minute and monotonic() - self._turn.due > TURN_GOOD_FOR_SECONDS:
            self._wait_for_turn(0)

    def _wait_for_turn(self, quota: int) -> QuotaReached | None:
        while True:
            with writing_rows(self._database) as rows:
                turn = take_turn(rows, self._relay.account, self._relay.messages_per_minute, quota)
                taken_at = monotonic()  # the commit is a part of the wait
            if isinstance(turn, QuotaReached):
                if turn.seconds > HOUR_SECONDS or self._closing.wait(turn.seconds):
                    return turn
                continue
            quota = 0  # a message is counted once, however many turns it takes
            self._turn.due = taken_at + turn
            if self._closing.wait(max(self._turn.due - monotonic(), 0.0)):
                return None
            if not self._relay.messages_per_minute or monotonic() - self._turn.due <= TURN_GOOD_FOR_SECONDS:
                return None  # a turn that was overslept is left out, not made up for

    def rest(self, seconds: float) -> None:
        """Leave the relay in peace: for all runs when turns are shared, else for this thread."""
        if self.is_paced:
            with writing_rows(self._database) as rows:
                delay(rows, self._relay.account, seconds)
        else:
            self._closing.wait(seconds)

    def wait_for_connection(self, spared: Callable[[], bool]) -> int | None:
        """Wait in the line until one more connection may be opened; the place.

        None when the run was stopped, or ``spared``: a thread that waits while its own run has a connection to spare
        would wait for other runs, and they for it.
        """
        place: int | None = None
        while not self._closing.is_set() and not spared():
            if place is None:
                place = self._queue_up()
            with reading_rows(self._database) as rows:
                is_next = has_connection(rows, self._relay.account, place, self._relay.connections)
            if is_next:
                return place
            if is_next is None:
                place = None
            else:
                self._closing.wait(POLL_SECONDS)
        if place is not None:
            self.give_up(place)
        return None

    def holds(self, place: int) -> bool:
        """Whether a place is still kept: a process that slept for a minute has lost it."""
        with self._lock:
            return place in self._places

    def give_up(self, place: int) -> None:
        """Leave the line, after the connection was closed. A place that cannot be deleted is lost by itself."""
        with self._lock:
            self._places.discard(place)
        with suppress(OperationalError), writing_rows(self._database) as rows:
            leave(rows, [place])

    def close(self) -> None:
        """Stop keeping places up, and give up what is left."""
        self._ended.set()
        if self._heartbeat is not None:
            self._heartbeat.join()
        for place in list(self._places):
            self.give_up(place)

    def _queue_up(self) -> int:
        with writing_rows(self._database) as rows:
            place = queue_up(rows, self._relay.account, self._kept_seconds)
        with self._lock:
            self._places.add(place)
            if self._heartbeat is None:
                self._heartbeat = threading.Thread(target=self._keep_up, name="places", daemon=True)
                self._heartbeat.start()
        return place

    def _keep_up(self) -> None:
        while not self._ended.wait(self._kept_seconds / 3):
            with self._lock:
                mine = set(self._places)
            if not mine:
                continue
            try:
                with writing_rows(self._database) as rows:
                    kept = keep_up(rows, mine, self._kept_seconds)
            except OperationalError:
                continue  # a database that is away for long costs the places, which the next time tells
            with self._lock:
                self._places -= mine - kept
