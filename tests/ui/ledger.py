"""What the ledger of a running Facteur says, for a test that compares it with the screen and the relay."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from models.database.session import reading, writing
from models.tables.delivery import Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Structure
from models.tables.people import Resident
from tests.flows.facteur_process import Up


def database(facteur: Up) -> str:
    return f"sqlite:///{facteur.env['FACTEUR_VAR']}/facteur.db"


def invoice_deliveries(facteur: Up, period: str) -> dict[tuple[str, str], str]:
    """The state of each delivery of a month's invoices, by number and address."""
    with reading(database(facteur)) as session:
        rows = session.execute(
            select(Invoice.number, Delivery.address, Delivery.state)
            .join(Document, Document.invoice_id == Invoice.id)
            .join(Delivery, Delivery.document_id == Document.id)
            .where(Invoice.period == period)
        )
        return {(number, address): str(state) for number, address, state in rows}


def states(facteur: Up, period: str) -> Counter[str]:
    return Counter(invoice_deliveries(facteur, period).values())


def add_invoice(facteur: Up, period: str, name: str, address: str) -> str:
    """A resident of the care home with one invoice in a month that the sample does not have; the invoice's number."""
    number = f"TIL-{period.replace('-', '')}-{name}"
    with writing(database(facteur)) as session:
        owner = session.scalars(select(Structure).where(Structure.code == "TILLEULS")).one()
        resident = Resident(structure_id=owner.id, code=name, last_name=name, first_name="Alix", email=address)
        year, month = map(int, period.split("-"))
        invoice = Invoice(
            structure_id=owner.id,
            resident=resident,
            number=number,
            period=period,
            issued_on=date(year, month, 28),
            total_excl_tax=Decimal("100.00"),
            vat=Decimal("0.00"),
            total_incl_tax=Decimal("100.00"),
            balance=Decimal("100.00"),
            lines=[InvoiceLine(position=1, label="Hébergement", amount=Decimal("100.00"))],
        )
        session.add_all([resident, invoice])
    return number
