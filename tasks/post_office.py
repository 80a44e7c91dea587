"""The post office of a run: its SMTP connections, its pace, and its breaker."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

from models.limits.quota import QuotaReached
from models.rules.replies import Judgement, Verdict, classify
from models.values.evidence import Evidence
from models.values.relay import Relay
from settings.load import Settings
from tasks.breaker import WAIT_FOR_RELAY, Breaker, Stopped, stop_for
from tasks.expected_end import thousands
from tasks.mail.transport import Connection
from tasks.moments import paris_moment
from tasks.press import Press
from tasks.relay_account import Account
from tasks.relays import current

__all__ = ["WAIT_FOR_RELAY", "Counter", "PostOffice", "Stopped"]

LONGEST_PAUSE_SECONDS = 300.0
COMPOSING_AHEAD = 2
IDLE_SECONDS = 60.0


class Counter:
    """One SMTP account during one run: at most so many connections, one pace, and a breaker.

    What was under way when the breaker opened is finished: at most one message for each other connection.
    """

    def __init__(self, relay: Relay, settings: Settings) -> None:
        self.relay = relay
        self.stopped: Stopped | None = None
        self.size_limit = 0  # what the relay takes, in bytes; 0 until it was asked, or when it does not say
        self._pause_seconds = settings.sending.relay_pause_seconds
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._slots = threading.Semaphore(relay.connections)
        self._account = Account(relay, settings, self._closing)
        self._breaker = Breaker(settings.sending.breaker_after)
        self._idle: list[Connection] = []
        self._places: dict[Connection, int] = {}

    @contextmanager
    def connection(self) -> Iterator[Connection | Evidence | Stopped]:
        """Lend a connection whose turn has come; evidence if it cannot be opened, Stopped if the breaker is open."""
        with self._slots:
            lent = self._lend()
            try:
                yield lent
            finally:
                if isinstance(lent, Connection):
                    self._take_back(lent)

    def catch_up(self) -> None:
        """Just before a message is handed over: wait for another turn when it is late for its own."""
        self._account.catch_up()

    def judge(self, evidence: Evidence) -> Judgement:
        """Classify what was observed, and let the breaker and the pace draw their conclusions."""
        judgement = classify(evidence)
        with self._lock:
            if self._breaker.opens(judgement, evidence):
                self.stop(stop_for(evidence))
            faults = self._breaker.faults_in_a_row
        if self.stopped is None and (judgement.verdict is Verdict.RELAY_DELAYED or judgement.slows_relay):
            pause = self._pause_seconds * 2 ** max(faults - 1, 0)
            if pause:
                self._account.rest(min(pause, LONGEST_PAUSE_SECONDS))
        return judgement

    def stop(self, why: Stopped) -> Stopped:
        """Close the counter; why it was closed first stays, and is returned."""
        if self.stopped is None:
            self.stopped = why
            self._closing.set()
        return self.stopped

    def close(self) -> None:
        """Say goodbye on every connection, and leave the account to others."""
        while self._idle:
            self._end(self._idle.pop())
        self._account.close()

    def _lend(self) -> Connection | Evidence | Stopped:
        # The turn comes last: what it takes to connect would make the message late for it.
        while self.stopped is None:
            connection = self._idle_connection() or self._connect()
            if connection is None:
                continue
            if not isinstance(connection, Connection):
                return connection
            since = monotonic()
            if self._account.is_paced:
                reached = self._account.wait_for_turn()
                if reached:
                    self.stop(self._quota_reached(reached))
            if self.stopped is None and monotonic() - since < IDLE_SECONDS:
                return connection
            self._take_back(connection)
        assert self.stopped is not None
        return self.stopped

    def _idle_connection(self) -> Connection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or not self._must_end(connection):
                return connection
            self._end(connection)

    def _connect(self) -> Connection | Evidence | None:
        """Open one connection more when the account's other runs leave room for it; None: look again."""
        place = self._account.wait_for_connection(lambda: bool(self._idle))
        if place is None:
            return None
        opened: Connection | Evidence | None = None
        try:
            opened = self._open()
        finally:
            if isinstance(opened, Connection):
                self._places[opened] = place
            else:
                self._account.give_up(place)
        return opened

    def _open(self) -> Connection | Evidence:
        opened = Connection.open(current(self.relay))
        if isinstance(opened, Connection):
            self.size_limit = opened.size_limit
        return opened

    def _take_back(self, connection: Connection) -> None:
        if self._must_end(connection):
            self._end(connection)
            return
        with self._lock:
            self._idle.append(connection)

    def _must_end(self, connection: Connection) -> bool:
        return connection.worn or not self._account.holds(self._places[connection])

    def _end(self, connection: Connection) -> None:
        connection.close()
        self._account.give_up(self._places.pop(connection))

    def _quota_reached(self, reached: QuotaReached) -> Stopped:
        return Stopped(
            f"le quota de {thousands(self.relay.daily_quota)} messages par jour est atteint",
            f"Relancez avec le bouton « Retry » à partir du {paris_moment(reached.frees_at)} : "
            "ce qui reste partira alors.",
        )


class PostOffice:
    """The counters of a run, one per SMTP account, and what every task of the run needs to know."""

    def __init__(
        self, relays: Mapping[str, Relay], flow_run_id: str, settings: Settings, press: Press | None = None
    ) -> None:
        self.press = press or Press()
        self.flow_run_id = flow_run_id
        self.settings = settings
        by_account = {relay.account: Counter(relay, settings) for relay in relays.values()}
        self._counters = {structure: by_account[relay.account] for structure, relay in relays.items()}

    def counter(self, structure: str) -> Counter:
        """The counter that the mails of ``structure`` leave through."""
        return self._counters[structure]

    @property
    def hands(self) -> int:
        """How many documents can be worked on at once: one for each connection, and some that are composed ahead."""
        return sum({id(c): c.relay.connections for c in self._counters.values()}.values()) + COMPOSING_AHEAD

    @property
    def stopped(self) -> list[Stopped]:
        """Why counters were closed; empty when all are open."""
        return list(dict.fromkeys(c.stopped for c in self._counters.values() if c.stopped))

    def close(self) -> None:
        for counter in self._counters.values():
            counter.close()
