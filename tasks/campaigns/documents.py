"""The documents of the ledger: made for what has none yet, and referred to by what a clerk calls them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.upsert import insert_into
from models.reading.standings import Standing
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Client, Resident
from models.tables.reminder import Reminder
from models.values.documents import DocumentReference
from models.values.kinds import DocumentKind
from models.values.people import full_name
from tasks.french.labels import REMINDER


def add_documents(session: Session, standings: list[Standing]) -> None:
    """Make the documents of the invoices that have none yet."""
    missing = [
        {"kind": DocumentKind.INVOICE, "invoice_id": standing.invoice_id}
        for standing in standings
        if standing.document_id is None
    ]
    if missing:
        connection = session.connection()
        connection.execute(insert_into(connection, Document).on_conflict_do_nothing(), missing)


def references(session: Session, keys: list[tuple[int, int, str]]) -> list[DocumentReference]:
    """References to (document, version, purpose) triples, in their order."""
    wanted = {key[0] for key in keys}
    rows = session.execute(
        select(Document.id, Structure.code, Invoice.number, Resident.last_name, Resident.first_name, Client.name)
        .join(Invoice, Document.invoice_id == Invoice.id)
        .join(Structure, Invoice.structure_id == Structure.id)
        .outerjoin(Resident, Invoice.resident_id == Resident.id)
        .outerjoin(Client, Invoice.client_id == Client.id)
        .where(Document.id.in_(wanted))
    ).tuples()
    known = {
        document: (code, f"{client or full_name(last_name, first_name)} · {number}", DocumentKind.INVOICE)
        for document, code, number, last_name, first_name, client in rows
    }
    reminders = session.execute(
        select(Document.id, Structure.code, Reminder.level, Client.name)
        .join(Reminder, Reminder.document_id == Document.id)
        .join(Client, Reminder.client_id == Client.id)
        .join(Structure, Client.structure_id == Structure.id)
        .where(Document.id.in_(wanted))
    ).tuples()
    known |= {
        document: (code, f"{client} · {REMINDER[level]}", DocumentKind.REMINDER)
        for document, code, level, client in reminders
    }
    return [DocumentReference(document, version, purpose, *known[document]) for document, version, purpose in keys]
