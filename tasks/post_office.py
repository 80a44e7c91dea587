"""The post office of a run: its SMTP connections, its pace, and its breaker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from models.pacing import delay, take_turn
from models.rules.causes import Who, explain
from models.rules.replies import Judgement, Verdict, classify
from models.session import writing
from models.values.evidence import Evidence
from models.values.relay import Relay
from settings.load import Settings
from tasks.labels import observed
from tasks.mail.transport import Connection

LONGEST_PAUSE_SECONDS = 300.0
WAIT_FOR_RELAY = "Attendre que le serveur réponde de nouveau."


@dataclass(frozen=True, slots=True)
class Stopped:
    """The counter is closed: nothing more leaves through this relay in this run. ``sentence`` says why, in French."""

    sentence: str
    remedy: str
    evidence: Evidence | None = None


class Counter:
    """One SMTP account during one run: at most so many connections, one pace, and a breaker.

    The breaker opens at once for a fault of the configuration or of the sender account, and after
    ``sending.breaker_after`` faults of the relay, or refusals alike, in a row.
    """

    def __init__(self, relay: Relay, settings: Settings) -> None:
        self.relay = relay
        self.stopped: Stopped | None = None
        self._sending = settings.sending
        self._database = settings.database
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(relay.connections)
        self._idle: list[Connection] = []
        self._faults_in_a_row = 0
        self._suspicions: list[str] = []
        self._paced = bool(relay.messages_per_minute or relay.daily_quota)

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

    def judge(self, evidence: Evidence) -> Judgement:
        """Classify what was observed, and let the breaker and the pace draw their conclusions."""
        judgement = classify(evidence)
        with self._lock:
            if judgement.verdict is Verdict.RELAY_STOPPED:
                self._stop(evidence)
            elif judgement.verdict is Verdict.RELAY_DELAYED:
                self._faults_in_a_row += 1
                if self._faults_in_a_row >= self._sending.breaker_after:
                    self._stop(evidence)
            elif judgement.verdict in {Verdict.ACCEPTED, Verdict.REFUSED, Verdict.DEFERRED}:
                self._faults_in_a_row = 0
            self._suspect(judgement, evidence)
            pause = self._pause_seconds(judgement)
        if pause and self.stopped is None:
            self._rest(pause)
        return judgement

    def close(self) -> None:
        """Say goodbye on every connection."""
        while self._idle:
            self._idle.pop().close()

    def _lend(self) -> Connection | Evidence | Stopped:
        if self.stopped is None and self._paced:
            self._wait_for_turn()
        if self.stopped is not None:
            return self.stopped
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None and connection.worn:
            connection.close()
            connection = None
        return connection or Connection.open(self.relay)

    def _take_back(self, connection: Connection) -> None:
        if connection.worn:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

    def _wait_for_turn(self) -> None:
        with writing(self._database) as session:
            seconds = take_turn(session, self.relay.account, self.relay.messages_per_minute, self.relay.daily_quota)
        if seconds is None:
            self.stopped = Stopped(
                f"le quota de {self.relay.daily_quota} messages par jour est atteint",
                "Relancez demain avec le bouton « Retry » : ce qui reste partira alors.",
            )
            return
        time.sleep(seconds)

    def _rest(self, seconds: float) -> None:
        if self._paced:
            with writing(self._database) as session:
                delay(session, self.relay.account, seconds)
        else:
            time.sleep(seconds)

    def _pause_seconds(self, judgement: Judgement) -> float:
        if judgement.verdict is not Verdict.RELAY_DELAYED and not judgement.slows_relay:
            return 0.0
        base = self._sending.relay_pause_seconds
        return float(min(base * 2 ** max(self._faults_in_a_row - 1, 0), LONGEST_PAUSE_SECONDS))

    def _suspect(self, judgement: Judgement, evidence: Evidence) -> None:
        if not judgement.suspicious:
            if judgement.verdict is Verdict.ACCEPTED:
                self._suspicions.clear()
            return
        alike = f"{evidence.code} {evidence.enhanced}"
        self._suspicions = [seen for seen in self._suspicions if seen == alike] + [alike]
        if len(self._suspicions) >= self._sending.breaker_after:
            self._stop(evidence)

    def _stop(self, evidence: Evidence) -> None:
        if self.stopped is None:
            cause = explain(evidence)
            # Where nobody has anything to do, Facteur tries again: a stopped run does not.
            remedy = WAIT_FOR_RELAY if cause.who is Who.NOBODY else cause.remedy
            self.stopped = Stopped(f"{cause.cause.rstrip('.')} ({observed(evidence)})", remedy, evidence)


class PostOffice:
    """The counters of a run, one per SMTP account, and what every task of the run needs to know."""

    def __init__(self, relays: Mapping[str, Relay], flow_run_id: str, settings: Settings) -> None:
        self.flow_run_id = flow_run_id
        self.settings = settings
        by_account = {relay.account: Counter(relay, settings) for relay in relays.values()}
        self._counters = {structure: by_account[relay.account] for structure, relay in relays.items()}

    def counter(self, structure: str) -> Counter:
        """The counter that the mails of ``structure`` leave through."""
        return self._counters[structure]

    @property
    def connections(self) -> int:
        """How many messages can be under way at once."""
        return sum({id(c): c.relay.connections for c in self._counters.values()}.values()) or 1

    @property
    def stopped(self) -> list[Stopped]:
        """Why counters were closed; empty when all are open."""
        return list(dict.fromkeys(c.stopped for c in self._counters.values() if c.stopped))

    def close(self) -> None:
        for counter in self._counters.values():
            counter.close()
