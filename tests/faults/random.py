"""Random faults: ``python -m tests.faults.random [--seed N] [--deliveries 2000]``; the invariants hold all the same.

Campaign after campaign is sent by one to three workers, while every answer of the relay may be a fault and workers are
killed, at points of their way or at any moment; then all is retried against a relay in good health until nothing is
left to do. The same seed gives the same people, the same faults to the same recipients and the same orders to kill;
how the processes are scheduled is the machine's, so a rare interleaving may need several replays.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom

from models.database.session import reading
from models.rules.states import FINAL, DeliveryState
from models.tables.delivery import Attempt
from tests.faults.bench import Bench
from tests.faults.crowd import populate
from tests.faults.databases import POSTGRESQL, SQLITE, Databases
from tests.faults.orders import At, Ended
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Chaos
from tests.smtp_server.weather import WEATHER
from tests.workplace import add_structure

POINTS = ("planned", "composed", "claimed", "body-sent", "handing-over", "replied", "settled", "reported")
RESIDENTS_PER_CAMPAIGN = 60
PROBABILITIES = (0.02, 0.05, 0.1, 0.25)
SETTLED = {str(state) for state in FINAL | {DeliveryState.UNCERTAIN}}
SETTINGS = {
    "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
    "FACTEUR_SENDING__TIMEOUT_SECONDS": "1",
    "FACTEUR_SENDING__PATIENCE_SECONDS": "1",
}


@dataclass
class Weather:
    """A random run under way."""

    bench: Bench
    chance: Random
    kills: int = 0
    workers: int = 0
    deliveries: int = 0
    faults: list[str] = field(default_factory=list)

    def campaign(self, number: int) -> str:
        """New residents, and some rounds in bad weather."""
        flow_run = f"campaign-{number}"
        people = [
            (f"r{number}-{n}@example.org", f"t{number}-{n}@example.org" if self.chance.random() < 0.3 else "")
            for n in range(RESIDENTS_PER_CAMPAIGN)
        ]
        populate(self.bench, people)
        self.deliveries += sum(1 + bool(guardian) for _, guardian in people)
        self.bench.plan(flow_run)
        for turn in range(self.chance.randint(3, 7)):
            weather = Chaos(f"{self.chance.random()}/{turn}", self.chance.choice(PROBABILITIES), WEATHER)
            self.bench.relay.script(chaos=weather)
            self._send(flow_run)
            self.faults += [f"{flow_run}, turn {turn}: {fault}" for fault in self.bench.broken()]
        return flow_run

    def _send(self, flow_run: str) -> None:
        workers = [
            self.bench.start(*self._order(), flow_run=flow_run, second_look=False)
            for _ in range(self.chance.choice((1, 1, 2, 3)))
        ]
        if self.chance.random() < 0.3:
            time.sleep(self.chance.uniform(0.05, 2.0))
            self._count(workers[0].kill())
            del workers[0]
        for worker in workers:
            self._count(worker.end())

    def _order(self) -> tuple[At, ...]:
        if self.chance.random() < 0.3:
            return ()
        return (At(self.chance.choice(POINTS), time=self.chance.randint(1, 30)),)

    def _count(self, ended: Ended) -> None:
        self.workers += 1
        self.kills += ended.code == -9
        if ended.error:
            self.faults.append(ended.error)

    def clear_up(self, flow_runs: list[str]) -> None:
        """Retry every campaign against a relay in good health until nothing is left to do."""
        self.bench.relay.script()
        self.bench.leases_end()
        for flow_run in flow_runs:
            self._count(self.bench.start(flow_run=flow_run).end())
        self.faults += self.bench.broken(leases_over=True)
        states = self.states()
        self.faults += [f"{states[state]} are still {state}" for state in states if state not in SETTLED]

    def states(self) -> Counter[str]:
        return Counter(str(delivery.state) for delivery in self.bench.office.deliveries())


def _attempts(bench: Bench) -> int:
    with reading(bench.database) as session:
        return session.query(Attempt).count()


def bad_weather(url: str, seed: str, deliveries: int) -> Weather:
    """At least so many deliveries on one database; ``faults`` is what did not hold."""
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as name, ScriptedServer(Path(name) / "relay") as relay:
        weather = Weather(Bench(Path(name), url, relay, dict(SETTINGS), ahead=True), Random(seed))
        add_structure(url)
        flow_runs: list[str] = []
        while weather.deliveries < deliveries:
            flow_runs.append(weather.campaign(len(flow_runs) + 1))
        weather.clear_up(flow_runs)
        states = ", ".join(f"{number} {state}" for state, number in sorted(weather.states().items()))
        print(
            f"{weather.deliveries} deliveries in {len(flow_runs)} campaigns, {weather.workers} workers of which "
            f"{weather.kills} killed, {_attempts(weather.bench)} attempts: {states}; "
            f"{len(relay.messages())} copies stored",
            flush=True,
        )
        return weather


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.random", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**9))
    parser.add_argument("--deliveries", type=int, default=2000, help="on each database")
    parser.add_argument("--database", choices=[SQLITE, POSTGRESQL])
    options = parser.parse_args()
    wrong = 0
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as folder:
        databases = Databases(Path(folder))
        try:
            for kind in (SQLITE, POSTGRESQL):
                if options.database in (None, kind):
                    began = time.monotonic()
                    with databases.fresh(kind) as url:
                        weather = bad_weather(url, f"{options.seed}/{kind}", options.deliveries)
                    took = time.monotonic() - began
                    holds = "the invariants hold" if not weather.faults else "DOES NOT HOLD"
                    print(f"{kind}: {holds}, {took:.0f} s", *weather.faults[:10], sep="\n  ", flush=True)
                    wrong += len(weather.faults)
        finally:
            databases.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
