"""One SMTP account during one run: its connections, its pace, and its breaker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from models.limits.quota import QuotaReached
from models.rules.replies import Judgement, Verdict, classify
from models.values.ending import Stopped
from models.values.evidence import Evidence
from models.values.relay import Relay
from settings.load import Settings
from tasks.french.moments import paris_moment
from tasks.french.numbers import thousands
from tasks.mail.transport import SmtpSession
from tasks.relays.account import Account
from tasks.relays.breaker import Breaker, stop_for
from tasks.relays.finding import current

LONGEST_PAUSE_SECONDS = 300.0
IDLE_SECONDS = 60.0


class RelayPool:
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
        self._idle: list[SmtpSession] = []
        self._places: dict[SmtpSession, int] = {}

    @contextmanager
    def session(self) -> Iterator[SmtpSession | Evidence | Stopped]:
        """Lend a session whose turn has come; evidence if it cannot be opened, Stopped if the breaker is open."""
        with self._slots:
            lent = self._lend()
            try:
                yield lent
            finally:
                if isinstance(lent, SmtpSession):
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
        """Close the pool; why it was closed first stays, and is returned."""
        if self.stopped is None:
            self.stopped = why
            self._closing.set()
        return self.stopped

    def close(self) -> None:
        """Say goodbye on every connection, and leave the account to others."""
        while self._idle:
            self._end(self._idle.pop())
        self._account.close()

    def _lend(self) -> SmtpSession | Evidence | Stopped:
        # The turn comes last: what it takes to connect would make the message late for it.
        while self.stopped is None:
            connection = self._idle_connection() or self._connect()
            if connection is None:
                continue
            if not isinstance(connection, SmtpSession):
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

    def _idle_connection(self) -> SmtpSession | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or not self._must_end(connection):
                return connection
            self._end(connection)

    def _connect(self) -> SmtpSession | Evidence | None:
        """Open one connection more when the account's other runs leave room for it; None: look again."""
        place = self._account.wait_for_connection(lambda: bool(self._idle))
        if place is None:
            return None
        opened: SmtpSession | Evidence | None = None
        try:
            opened = self._open()
        finally:
            if isinstance(opened, SmtpSession):
                self._places[opened] = place
            else:
                self._account.give_up(place)
        return opened

    def _open(self) -> SmtpSession | Evidence:
        opened = SmtpSession.open(current(self.relay))
        if isinstance(opened, SmtpSession):
            self.size_limit = opened.size_limit
        return opened

    def _take_back(self, connection: SmtpSession) -> None:
        if self._must_end(connection):
            self._end(connection)
            return
        with self._lock:
            self._idle.append(connection)

    def _must_end(self, connection: SmtpSession) -> bool:
        return connection.worn or not self._account.holds(self._places[connection])

    def _end(self, connection: SmtpSession) -> None:
        connection.close()
        self._account.give_up(self._places.pop(connection))

    def _quota_reached(self, reached: QuotaReached) -> Stopped:
        return Stopped(
            f"le quota de {thousands(self.relay.daily_quota)} messages par jour est atteint",
            f"Relancez avec le bouton « Retry » à partir du {paris_moment(reached.frees_at)} : "
            "ce qui reste partira alors.",
        )
