"""One case on the bench: a database, a relay, residents, and the workers that are run on them."""

from __future__ import annotations

import multiprocessing.process
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import select, update

from models.database.clock import utc_now
from models.database.session import BUSY_SECONDS, reading, writing
from models.tables.delivery import Delivery
from models.tables.invoice import Invoice
from models.tables.people import Resident
from models.values.kinds import Settlement
from tasks.composing import archive
from tests.faults.invariants import broken
from tests.faults.orders import At, Ended, Marks, Orders
from tests.faults.worker import start
from tests.smtp_server.process import ScriptedServer
from tests.token_authority import Authority
from tests.workplace import Workplace, add_structure

LEASE_SECONDS = 2
LONGEST_SECONDS = 90.0
BEFORE, VICTIM, AFTER = "aubert@example.org", "martin@example.org", "zola@example.org"
FLOW_RUN = "campaign-1"


@dataclass
class Worker:
    """A started worker process."""

    process: multiprocessing.process.BaseProcess
    marks: Marks

    def wait_until(self, point: str) -> None:
        """Wait until it has done its deed at ``point``."""
        wait_for(lambda: self.marks.reached(point).exists() or not self.process.is_alive(), f"the point {point}")
        assert self.marks.reached(point).exists(), f"it ended before {point}: {self._ended()}"

    def go_on(self, point: str) -> None:
        self.marks.go(point).touch()

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def kill(self) -> Ended:
        self.process.kill()
        return self.end()

    def end(self, seconds: float = LONGEST_SECONDS) -> Ended:
        """Wait until it has ended."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise AssertionError(f"a worker did not end within {seconds:g} s")
        return self._ended()

    def _ended(self) -> Ended:
        return Ended.read(self.marks.folder / "ended.json", self.process.exitcode)


@dataclass
class Bench:
    """The place of one case. ``settings`` are changes to Facteur's settings; ``ahead``: see ``Orders``."""

    folder: Path
    database: str
    relay: ScriptedServer
    settings: dict[str, str] = field(default_factory=dict)
    authority: Authority | None = None
    busy: int = BUSY_SECONDS
    ahead: bool = False
    ended: list[Ended] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.office = Workplace(self.database, self.relay)

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def on_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    def furnish(self, *addresses: str) -> None:
        """One structure, and a resident with an invoice for each address, in the order in which they are sent."""
        add_structure(self.database)
        for address in addresses or (BEFORE, VICTIM, AFTER):
            self.office.add_resident(address.partition("@")[0], address)

    def attach(self, pdf: bytes, address: str) -> None:
        """Give the invoice of one resident an imported PDF."""
        key = archive.put(self.var / "archive", pdf)
        resident = select(Resident.id).where(Resident.email == address).scalar_subquery()
        with writing(self.database) as session:
            session.execute(update(Invoice).where(Invoice.resident_id == resident).values(pdf_key=key))

    def environment(self) -> dict[str, str]:
        return {
            "FACTEUR_VAR": str(self.var),
            "FACTEUR_DATABASE_URL": self.database,
            "FACTEUR_SMTP__HOST": "127.0.0.1",
            "FACTEUR_SMTP__PORT": str(self.relay.port),
            "FACTEUR_SMTP__SECURITY": "none",
            "FACTEUR_SENDING__LEASE_SECONDS": str(LEASE_SECONDS),
            "FACTEUR_SENDING__RETRY_MINUTES": "0",
            "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0.05",
            "FACTEUR_SENDING__TIMEOUT_SECONDS": "1.5",
            "FACTEUR_SENDING__PATIENCE_SECONDS": "1.5",
            **self.settings,
        }

    def start(
        self,
        *deeds: At,
        flow_run: str = FLOW_RUN,
        clock_days: float = 0.0,
        changes: Mapping[str, str] | None = None,
        second_look: bool = True,
        decide: Settlement | None = None,
    ) -> Worker:
        folder = self.folder / f"worker-{next(self._numbers)}"
        orders = Orders(
            folder,
            self.environment() | dict(changes or {}),
            flow_run,
            deeds,
            clock_days=clock_days,
            second_look=second_look,
            decide=decide,
            busy=self.busy,
            ahead=self.ahead,
        )
        return Worker(start(orders), Marks(folder))

    def run(
        self,
        *deeds: At,
        flow_run: str = FLOW_RUN,
        clock_days: float = 0.0,
        decide: Settlement | None = None,
    ) -> Ended:
        """One worker from its start to its end; what it raised is raised here."""
        return self.end(self.start(*deeds, flow_run=flow_run, clock_days=clock_days, decide=decide))

    def plan(self, flow_run: str = FLOW_RUN) -> None:
        """Plan and choose a campaign that several workers are to send: a flow run has one process at that time."""
        ended = self.start(At("planned"), flow_run=flow_run).end()
        assert ended.code == -signal.SIGKILL, ended

    def end(self, *workers: Worker) -> Ended:
        """Wait until these workers have ended; the last one's end. What one raised is raised here."""
        for worker in workers:
            ended = worker.end()
            assert not ended.error, ended.error
            self.ended.append(ended)
        return self.ended[-1]

    def leases_end(self) -> None:
        """Let the leases of dead workers run out."""
        with reading(self.database) as session:
            ends = session.scalars(select(Delivery.leased_until).where(Delivery.leased_until.is_not(None))).all()
        last = max((end for end in ends if end), default=utc_now())
        time.sleep(max(0.0, (last - utc_now()).total_seconds()) + 0.1)

    def deliveries(self, address: str) -> list[Delivery]:
        return [delivery for delivery in self.office.deliveries() if delivery.address == address]

    def state(self, address: str) -> str:
        """The states of all deliveries to an address."""
        return ", ".join(delivery.state for delivery in self.deliveries(address)) or "none"

    def copies(self, address: str) -> int:
        """How many copies the relay has stored for an address, by its own record."""
        return sum(message.recipients.count(address) for message in self.relay.messages())

    def broken(self, *, leases_over: bool = False) -> list[str]:
        return broken(self.database, self.relay.messages(), leases_over=leases_over)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = LONGEST_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.01)
