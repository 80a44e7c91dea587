"""``make bench-quick``: 1,000 invoices through Facteur, and through a bare script, in one run; prints the ratio.

Facteur runs with everything on (ledger, fence, archive; the clock stops when the Prefect server shows the run and every
task run as finished, by its own record). The bare script uses the same PDF code and smtplib with one reused connection,
and nothing else. The processes and the SMTP server are the same for both, and both have sent one invoice before the
clock starts.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import httpx

from flows.cli.machine.surroundings import ALWAYS, DEFAULTS
from models.values.paper import InvoicePaper
from tasks.documents.invoice_pdf import invoice_pdf

DOCUMENTS = 1000
PERIOD = "2024-09"
WARM_UP = "2024-08"  # one invoice
PAGE = 200
FLOOR = 0.5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="facteur-bench-"))
    smtp_port, api_port = free_port(), free_port()
    api = f"http://127.0.0.1:{api_port}/api"
    os.environ |= {
        **DEFAULTS,  # the server as `facteur up` sets it
        **ALWAYS,
        "FACTEUR_VAR": str(folder),
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(smtp_port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SMTP__CONNECTIONS": "3",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    mailbox = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(smtp_port)])
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(api_port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return compare(api, smtp_port)
    finally:
        for process in (server, mailbox):
            process.terminate()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def compare(api: str, smtp_port: int) -> int:
    from models.database.schema import migrate
    from settings.load import load_settings

    wait_for(lambda: httpx.get(f"{api}/health").is_success)
    migrate(load_settings().database)
    fill_database(load_settings().database)
    papers, first = read_papers(PERIOD), read_papers(WARM_UP)
    send_bare(first, smtp_port)
    send_with_facteur(WARM_UP)
    bare = send_bare(papers, smtp_port)
    facteur, visible = timed_facteur(api)
    print(f"script nu      {DOCUMENTS / bare:8.1f} factures/s  ({bare:.1f} s)")
    print(f"Facteur        {DOCUMENTS / facteur:8.1f} factures/s  ({facteur:.1f} s, {visible} lignes visibles)")
    print(f"rapport        {bare / facteur:8.2f}   (au moins {FLOOR})")
    return 0


def wait_for(ready: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ready():  # type: ignore[operator]
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise TimeoutError("the server did not start")


def fill_database(url: str) -> None:
    from models.database.session import writing
    from models.tables.invoice import Invoice, InvoiceLine
    from models.tables.organisation import Association, Structure
    from models.tables.people import Resident

    with writing(url) as session:
        structure = Structure(
            association=Association(code="banc", name="Association du Banc"),
            code="BANC",
            name="EHPAD du Banc",
            street="1 rue du Banc",
            postcode="75001",
            city="Paris",
            sender_email="facturation@banc.example",
        )
        session.add(structure)
        for number in range(DOCUMENTS + 1):
            resident = Resident(
                structure=structure,
                code=f"R{number:04}",
                last_name=f"Dupont{number}",
                first_name="Jeanne",
                email=f"r{number}@example.org",
            )
            lines = [
                InvoiceLine(position=n, label=f"Hébergement, semaine {n}", amount=Decimal("100.00")) for n in range(6)
            ]
            session.add(
                Invoice(
                    structure=structure,
                    resident=resident,
                    number=f"F{number:04}",
                    period=PERIOD if number < DOCUMENTS else WARM_UP,
                    issued_on=date(2024, 9, 30),
                    total_excl_tax=Decimal("600.00"),
                    vat=Decimal("0.00"),
                    total_incl_tax=Decimal("600.00"),
                    balance=Decimal("600.00"),
                    lines=lines,
                )
            )


def read_papers(period: str) -> list[InvoicePaper]:
    from sqlalchemy import select

    from models.database.session import reading, writing
    from models.reading.invoice_sources import read_invoice_source
    from models.tables.document import Document
    from models.tables.invoice import Invoice
    from settings.load import load_settings

    url = load_settings().database
    papers = []
    with writing(url) as session:
        for invoice_id in session.scalars(select(Invoice.id).where(Invoice.period == period)).all():
            session.add(Document(kind="invoice", invoice_id=invoice_id))
    with reading(url) as session:
        documents = select(Document.id).join(Invoice, Document.invoice_id == Invoice.id).where(Invoice.period == period)
        for key in session.scalars(documents).all():
            paper = read_invoice_source(session.connection(), key)[0].paper
            assert isinstance(paper, InvoicePaper)
            papers.append(paper)
    return papers


def send_bare(papers: list[InvoicePaper], port: int) -> float:
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for paper in papers:
            message = EmailMessage()
            message["From"], message["To"] = "facturation@banc.example", "r@example.org"
            message["Subject"] = "Votre facture"
            message.set_content(f"Vous trouverez ci-joint la facture de {paper.name}.")
            message.add_attachment(invoice_pdf(paper), maintype="application", subtype="pdf", filename="facture.pdf")
            smtp.send_message(message)
    return time.perf_counter() - started


def send_with_facteur(period: str) -> datetime:
    """Mail a period; when the run had ended in the eyes of the Prefect server."""
    from flows.invoices import factures_mensuelles

    state = factures_mensuelles(periode=period, relecture=False, return_state=True)
    assert state.is_completed(), state.message
    return datetime.fromisoformat(str(state.timestamp))


def timed_facteur(api: str) -> tuple[float, int]:
    """Seconds until the server showed the run and each of its sendings as finished, by its own record; how many."""
    wait_for(lambda: len(shown_at(api)) == 1)
    started = datetime.now(UTC)
    ended = send_with_facteur(PERIOD)
    wait_for(lambda: len(shown_at(api)) > DOCUMENTS)
    shown = shown_at(api)
    return (max(ended, *shown) - started).total_seconds(), len(shown) - 1


def shown_at(api: str) -> list[datetime]:
    """When the server wrote down that a sending had ended, for each one that has."""
    query = {"task_runs": {"name": {"like_": " · "}, "state": {"type": {"any_": ["COMPLETED"]}}}, "limit": PAGE}
    moments: list[datetime] = []
    while True:
        page = httpx.post(f"{api}/task_runs/filter", json={**query, "offset": len(moments)}).json()
        moments += [datetime.fromisoformat(run["updated"]) for run in page]
        if len(page) < PAGE:
            return moments


if __name__ == "__main__":
    raise SystemExit(main())
