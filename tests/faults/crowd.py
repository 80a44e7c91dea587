"""Several workers on one campaign and one database: nothing twice, nothing left over.

``python -m tests.faults.crowd [--deliveries 10000]``: PostgreSQL with two and four processes, SQLite with two. The
messages are small (an imported PDF of some bytes), so that the time goes into the ledger and the relay.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from models.database.session import writing
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Structure
from models.tables.people import Guardian, Resident
from tasks.composing import archive
from tests.faults.bench import Bench
from tests.faults.databases import POSTGRESQL, SQLITE, Databases
from tests.faults.invariants import PERIOD
from tests.smtp_server.process import ScriptedServer
from tests.workplace import add_structure

SIZES = ((POSTGRESQL, 2), (POSTGRESQL, 4), (SQLITE, 2))
SMALL_PDF = b"%PDF-1.7\n%%EOF\n"
LONGEST_SECONDS = 1800.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.crowd", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    deliveries = parser.parse_args().deliveries
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as folder:
        databases = Databases(Path(folder))
        try:
            for kind, processes in SIZES:
                with databases.fresh(kind) as url:
                    began = time.monotonic()
                    faults = crowd(url, processes, deliveries)
                    took = time.monotonic() - began
                print(
                    f"{deliveries} deliveries, {processes} processes on {kind}: "
                    f"{'all sent once' if not faults else 'DOES NOT HOLD'}, {took:.0f} s",
                    *faults[:10],
                    sep="\n  ",
                    flush=True,
                )
                wrong += len(faults)
        finally:
            databases.close()
    return 1 if wrong else 0


def crowd(url: str, processes: int, deliveries: int) -> list[str]:
    """Send ``deliveries`` with so many workers started at once; what did not hold."""
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as name, ScriptedServer(Path(name) / "relay") as relay:
        bench = Bench(Path(name), url, relay, {"FACTEUR_SENDING__LEASE_SECONDS": "120"}, ahead=True)
        bench.settings |= {"FACTEUR_SENDING__TIMEOUT_SECONDS": "30", "FACTEUR_SENDING__PATIENCE_SECONDS": "60"}
        add_structure(url)
        populate(bench, [(f"r{number}@example.org", "") for number in range(deliveries)])
        bench.plan()
        workers = [bench.start(second_look=False) for _ in range(processes)]
        faults = [ended.error for ended in (worker.end(LONGEST_SECONDS) for worker in workers) if ended.error]
        faults += bench.broken(leases_over=True)
        states = Counter(str(delivery.state) for delivery in bench.office.deliveries())
        copies = Counter(message.recipients for message in relay.messages())
        if states != {"accepted": deliveries}:
            faults.append(f"states: {dict(states)}")
        if len(copies) != deliveries or set(copies.values()) != {1}:
            faults.append(f"{sum(copies.values())} copies for {len(copies)} recipients")
        return faults


def populate(bench: Bench, addresses: Iterable[tuple[str, str]]) -> None:
    """Residents with one small invoice each, from (own address, guardian's address)."""
    key = archive.put(bench.var / "archive", SMALL_PDF)
    with writing(bench.database) as session:
        owner = session.scalars(select(Structure)).first()
        assert owner is not None
        for own, guardian in addresses:
            number = f"F-{uuid4().hex[:12]}"
            resident = Resident(
                structure_id=owner.id,
                code=number,
                last_name=own.partition("@")[0],
                first_name="Alix",
                email=own,
                guardian=Guardian(code=number, last_name="Tuteur", email=guardian) if guardian else None,
            )
            session.add(
                Invoice(
                    structure_id=owner.id,
                    resident=resident,
                    number=number,
                    period=PERIOD,
                    issued_on=date(2024, 9, 30),
                    total_excl_tax=Decimal("100.00"),
                    vat=Decimal("0.00"),
                    total_incl_tax=Decimal("100.00"),
                    balance=Decimal("100.00"),
                    pdf_key=key,
                    lines=[InvoiceLine(position=1, label="Hébergement", amount=Decimal("100.00"))],
                )
            )


if __name__ == "__main__":
    sys.exit(main())
