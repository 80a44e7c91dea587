"""What a document is made from: read in one place, so that composing and the check at the claim see the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from models.reading.issuers import ISSUER, read_issuer
from models.rules.recipients import Recipients, resolve_client, resolve_recipients
from models.tables.document import Document
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Association, Structure, Wording
from models.tables.people import Client, Guardian, Resident
from models.values.paper import InvoicePaper, Line
from models.values.people import PostalAddress, full_name
from models.values.period import Period
from models.values.sources import InvoiceSource

INVOICE_WORDING = "invoice"


# Read twice for every mail: columns instead of objects, and one statement instead of six, make it four times as fast.
_SELECTED = (
    select(
        Invoice.id,
        Document.left_as,
        Invoice.number,
        Invoice.period,
        Invoice.issued_on,
        Invoice.due_on,
        Invoice.total_excl_tax,
        Invoice.vat,
        Invoice.total_incl_tax,
        Invoice.balance,
        Invoice.pdf_key,
        *ISSUER,
        Wording.subject,
        Wording.body,
        Resident.id.label("resident_id"),
        Resident.last_name,
        Resident.first_name,
        Resident.email.label("resident_email"),
        Resident.recipients,
        Resident.street.label("resident_street"),
        Resident.postcode.label("resident_postcode"),
        Resident.city.label("resident_city"),
        Guardian.last_name.label("guardian_last_name"),
        Guardian.first_name.label("guardian_first_name"),
        Guardian.organisation.label("guardian_organisation"),
        Guardian.email.label("guardian_email"),
        Guardian.street.label("guardian_street"),
        Guardian.postcode.label("guardian_postcode"),
        Guardian.city.label("guardian_city"),
        Client.name.label("client"),
        Client.email.label("client_email"),
        Client.street.label("client_street"),
        Client.postcode.label("client_postcode"),
        Client.city.label("client_city"),
    )
    .select_from(Invoice)
    .join(Structure, Invoice.structure_id == Structure.id)
    .join(Association, Structure.association_id == Association.id)
    .outerjoin(Wording, (Wording.structure_id == Structure.id) & (Wording.kind == INVOICE_WORDING))
    .outerjoin(Resident, Invoice.resident_id == Resident.id)
    .outerjoin(Guardian, Resident.guardian_id == Guardian.id)
    .outerjoin(Client, Invoice.client_id == Client.id)
    .outerjoin(Document, Document.invoice_id == Invoice.id)
)
_OF_DOCUMENT = _SELECTED.where(Document.id == bindparam("document_id"))
_OF_INVOICE = _SELECTED.where(Invoice.id == bindparam("invoice_id"))
_LINES = (
    select(InvoiceLine.label, InvoiceLine.amount, InvoiceLine.quantity, InvoiceLine.unit_price)
    .where(InvoiceLine.invoice_id == bindparam("invoice_id"))
    .order_by(InvoiceLine.position)
)


def read_invoice_source(connection: Connection, document_id: int) -> tuple[InvoiceSource, Recipients]:
    """The source of an invoice's document as it stands now, and its current recipients."""
    return _source(connection, connection.execute(_OF_DOCUMENT, {"document_id": document_id}).one())


def read_invoice(connection: Connection, invoice_id: int) -> InvoiceSource:
    """The source of an invoice that another document encloses a copy of."""
    return _source(connection, connection.execute(_OF_INVOICE, {"invoice_id": invoice_id}).one())[0]


def _source(connection: Connection, row: Row[Any]) -> tuple[InvoiceSource, Recipients]:
    lines = tuple(Line(*line) for line in connection.execute(_LINES, {"invoice_id": row.id}))
    recipients = _recipients(row)
    source = InvoiceSource(
        structure_code=row.structure_code,
        sender_name=row.sender_name or row.structure,
        sender_email=row.sender_email,
        reply_to=row.reply_to,
        wording=(row.subject or "", row.body or ""),
        pdf_key=row.pdf_key,
        paper=_paper(row, lines),
        copied=isinstance(recipients, tuple) and len(recipients) > 1,
    )
    return source, recipients


def _recipients(row: Row[Any]) -> Recipients:
    if row.resident_id is None:
        return resolve_client(row.client_email or "")
    return resolve_recipients(row.recipients, row.resident_email, row.guardian_email or "")


def _paper(row: Row[Any], lines: tuple[Line, ...]) -> InvoicePaper:
    owner = "client" if row.resident_id is None else "resident"
    address, care_of = _address(row, owner), ""
    if row.guardian_last_name is not None:
        care_of = row.guardian_organisation or full_name(row.guardian_last_name, row.guardian_first_name)
        guardian_address = _address(row, "guardian")
        address = guardian_address if guardian_address.lines else address
    return InvoicePaper(
        issuer=read_issuer(row),
        number=row.number,
        issued_on=row.issued_on,
        name=row.left_as or (row.client if owner == "client" else full_name(row.last_name, row.first_name)),
        address=address,
        care_of=care_of,
        lines=lines,
        total_excl_tax=row.total_excl_tax,
        vat=row.vat,
        total_incl_tax=row.total_incl_tax,
        balance=row.balance,
        period=Period.parse(row.period) if row.period else None,
        due_on=row.due_on,
    )


def _address(row: Row[Any], whose: str) -> PostalAddress:
    street, postcode, city = (getattr(row, f"{whose}_{part}") or "" for part in ("street", "postcode", "city"))
    return PostalAddress(street, postcode, city)


def recipients_of(invoice: Invoice) -> Recipients:
    """The current recipients of an invoice."""
    resident = invoice.resident
    if resident is None:
        return resolve_client(invoice.client.email if invoice.client else "")
    guardian = resident.guardian.email if resident.guardian else ""
    return resolve_recipients(resident.recipients, resident.email, guardian)


def debtor_name(invoice: Invoice) -> str:
    """Whose invoice it is: "MAILLY Josiane", or the client's name."""
    if invoice.resident is not None:
        return invoice.resident.full_name
    return invoice.client.name if invoice.client else ""
