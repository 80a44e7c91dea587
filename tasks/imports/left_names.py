"""Documents that have left keep the name that they left under, whoever has the code afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.reading.served import GONE, Served
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.tables.reminder import Reminder
from models.values.campaign import REAL
from models.values.people import full_name
from tasks.imports.stored import Files, Stored, pair_of


def keep_names(session: Session, files: Files, stored: Stored, served: Served) -> None:
    """Note the present name on what has left of everybody whom the files name otherwise; before they are applied."""
    for resident_id, name in _renamed_residents(files, stored, served):
        _note(session, select(Document.id).join(Invoice).where(Invoice.resident_id == resident_id), name)
    for client_id, name in _renamed_clients(files, stored, served):
        _note(session, select(Document.id).join(Invoice).where(Invoice.client_id == client_id), name)
        theirs = select(Document.id).join(Reminder, Reminder.document_id == Document.id)
        _note(session, theirs.where(Reminder.client_id == client_id), name)


def _renamed_residents(files: Files, stored: Stored, served: Served) -> Iterator[tuple[int, str]]:
    for row in files["residents"].rows:
        resident = stored.residents.get(pair_of(row) or ("", ""))
        if resident is None or resident.id not in served.left_residents:
            continue
        after = full_name(row.values["last_name"], row.values.get("first_name", resident.first_name))
        if after != resident.full_name:
            yield resident.id, resident.full_name


def _renamed_clients(files: Files, stored: Stored, served: Served) -> Iterator[tuple[int, str]]:
    for row in files["clients"].rows:
        client = stored.clients.get(pair_of(row) or ("", ""))
        if client is not None and client.id in served.left_clients and row.values["name"] != client.name:
            yield client.id, client.name


def _note(session: Session, documents: object, name: str) -> None:
    sent = select(Delivery.document_id).where(Delivery.purpose == REAL, Delivery.state.in_(GONE))
    gone = Document.id.in_(sent) | Document.id.in_(select(Printing.document_id))
    session.execute(
        update(Document)
        .where(Document.id.in_(documents), gone, Document.left_as == "")  # type: ignore[arg-type]
        .values(left_as=name)
        .execution_options(synchronize_session=False)
    )
