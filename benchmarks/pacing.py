"""How near Facteur comes to what Microsoft 365 permits: ``python -m benchmarks.pacing [--speed 1] [--database URL]``.

One, two and four processes mail invoices through one account for ten minutes, against a server that counts strictly and
answers 432. In real time that is half an hour. With ``--speed 4`` a minute is four times shorter: the server's window
is 15 seconds, and Facteur is told that 120 messages a minute are permitted, which is the same 30 in a window. It is a
harder trial than the real one, for an idle machine: a delay of 0.3 seconds is then one of 1.2.

Every process is a run of its own: ledger, fence, archive, PDF, and the threads of a run, but no Prefect server. What is
later than a second for its turn takes another one, and a second does not shrink with the speed. Exit code 1: a message
was refused, or less than 97 % of the permitted was sent.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

MESSAGES, WINDOW_SECONDS, CONNECTIONS, QUOTA = 30, 60.0, 3, 10_000
MINUTES = 10
FLOOR = 0.97
PERIOD = "2024-09"


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.pacing", description=__doc__)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; SQLite by default")
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return send(options.worker)
    print(
        f"{MESSAGES} messages a minute, {QUOTA} a day, {CONNECTIONS} connections; {options.minutes:g} minutes, ", end=""
    )
    print(f"{options.speed:g} times faster\n\nprocesses  accepted  permitted  share  most/window  connections  refused")
    return max([measure(processes, options) for processes in options.processes], default=0)


def measure(processes: int, options: argparse.Namespace) -> int:
    """Run ``processes`` at once; print one line of the table, and give the exit code."""
    folder = Path(tempfile.mkdtemp(prefix="facteur-pacing-"))
    window, record = WINDOW_SECONDS / options.speed, folder / "record.jsonl"
    command = [sys.executable, "-m", "benchmarks.throttling_server", str(record), "--window", str(window)]
    workers: list[subprocess.Popen[bytes]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            surround(folder, int(server.stdout.readline()), options)
            permitted = MESSAGES * options.minutes
            structures = fill_database(processes, math.ceil(permitted * 1.5 / processes))
            workers = [
                subprocess.Popen([sys.executable, "-m", "benchmarks.pacing", "--worker", structure])
                for structure in structures
            ]
            while not any_message(record):
                if any(worker.poll() for worker in workers):
                    raise RuntimeError("a worker failed")
                time.sleep(0.01)
            time.sleep(window * options.minutes)
        finally:
            for process in [*workers, server]:
                process.kill()
                process.wait()
    return evaluate(processes, record, window, options.minutes)


def evaluate(processes: int, record: Path, window: float, minutes: float) -> int:
    events = [json.loads(line) for line in record.read_text().splitlines()]
    times = [event["time"] for event in events if event["kind"] == "message"]
    accepted = sum(moment < times[0] + window * minutes for moment in times)
    refused = sum(event["kind"] == "throttled" for event in events)
    open_at_once = max(event["open_now"] for event in events if event["kind"] == "connected")
    most = max(sum(start <= moment < start + window for moment in times) for start in times)
    permitted = MESSAGES * minutes
    share = accepted / permitted
    print(f"{processes:9}  {accepted:8}  {permitted:9g}  {share:5.1%}  {most:11}  {open_at_once:11}  {refused:7}")
    sys.stdout.flush()
    return int(refused > 0 or share < FLOOR)


def any_message(record: Path) -> bool:
    return record.exists() and '"kind": "message"' in record.read_text()


def surround(folder: Path, port: int, options: argparse.Namespace) -> None:
    os.environ |= {
        "FACTEUR_VAR": str(folder),
        "FACTEUR_DATABASE_URL": options.database,
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SMTP__MESSAGES_PER_MINUTE": str(round(MESSAGES * options.speed)),
        "FACTEUR_SMTP__DAILY_QUOTA": str(QUOTA),
        "FACTEUR_SMTP__CONNECTIONS": str(CONNECTIONS),
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }


def fill_database(structures: int, invoices: int) -> list[str]:
    """One structure for each process, with more invoices than leave in the time."""
    from models.database.schema import migrate
    from models.database.session import writing
    from models.tables.invoice import Invoice, InvoiceLine
    from models.tables.organisation import Association, Structure
    from models.tables.people import Resident
    from settings.load import load_settings

    migrate(load_settings().database)
    key = uuid4().hex[:6].upper()  # a database that is used again starts anew
    codes = [f"{key}-{number}" for number in range(structures)]
    with writing(load_settings().database) as session:
        association = Association(code=key.lower(), name="Association du Banc")
        for code in codes:
            structure = Structure(
                association=association, code=code, name=f"EHPAD {code}", sender_email="facturation@banc.example"
            )
            for number in range(invoices):
                resident = Resident(
                    structure=structure,
                    code=f"R{number:04}",
                    last_name=f"Dupont{number}",
                    first_name="Jeanne",
                    email=f"r{number}@{code.lower()}.example",
                )
                session.add(
                    Invoice(
                        structure=structure,
                        resident=resident,
                        number=f"{code}-{number:04}",
                        period=PERIOD,
                        issued_on=date(2024, 9, 30),
                        total_excl_tax=Decimal("100.00"),
                        vat=Decimal("0.00"),
                        total_incl_tax=Decimal("100.00"),
                        balance=Decimal("100.00"),
                        lines=[InvoiceLine(position=1, label="Hébergement", amount=Decimal("100.00"))],
                    )
                )
    return codes


def send(structure: str) -> int:
    """A run of its own: mail all invoices of a structure, until killed."""
    from models.values.ending import Refusal
    from settings.load import load_settings
    from tasks.campaigns.remaining import remaining_documents
    from tasks.campaigns.requests import read_request
    from tasks.delivering.run import SendingRun
    from tasks.delivering.task import mail_document
    from tasks.monthly.choosing import store_choice
    from tasks.monthly.planning import plan_month
    from tasks.relays.finding import find_relays

    request = read_request(str(uuid4()), datetime.now(UTC), PERIOD, [structure], "", "")
    carriers = find_relays((structure,))
    assert not isinstance(request, Refusal), request
    assert not carriers.missing, carriers
    campaign = plan_month(request, {})
    store_choice(campaign, None)
    with (
        closing(SendingRun(carriers.relays, str(uuid4()), load_settings())) as run,
        ThreadPoolExecutor(run.threads) as threads,
    ):
        for _ in threads.map(lambda document: mail_document.fn(document, run), remaining_documents(campaign)):
            pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
