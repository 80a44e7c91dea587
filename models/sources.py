"""What a document is made from: read in one place, so that composing and the check at the claim see the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.document import Document
from models.invoice import Invoice
from models.organisation import Structure
from models.people import Resident
from models.rules.recipients import NoAddress, Recipient, resolve_client, resolve_recipients
from models.values.paper import InvoicePaper, Issuer, Line
from models.values.people import PostalAddress
from models.values.period import Period

INVOICE_WORDING = "invoice"


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that reaches a message except the address. ``wording`` is (subject, body), empty for the default.

    ``pdf_key`` names an imported PDF in the archive, which is then sent as it is.
    """

    structure_code: str
    sender_name: str
    sender_email: str
    reply_to: str
    wording: tuple[str, str]
    pdf_key: str
    paper: InvoicePaper

    @property
    def fingerprint(self) -> str:
        """A digest that changes when anything that reaches the message changes."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def read_source(session: Session, document_id: int) -> tuple[Source, tuple[Recipient, ...] | NoAddress]:
    """The source of a document as it stands now, and its current recipients."""
    invoice = session.scalars(
        select(Invoice)
        .join(Document, Document.invoice_id == Invoice.id)
        .where(Document.id == document_id)
        .options(
            joinedload(Invoice.structure).joinedload(Structure.association),
            joinedload(Invoice.structure).selectinload(Structure.wordings),
            joinedload(Invoice.resident).joinedload(Resident.guardian),
            joinedload(Invoice.client),
            selectinload(Invoice.lines),
        )
        .execution_options(populate_existing=True)
    ).one()
    return _source(invoice), recipients_of(invoice)


def recipients_of(invoice: Invoice) -> tuple[Recipient, ...] | NoAddress:
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


def _source(invoice: Invoice) -> Source:
    structure = invoice.structure
    wording = next(((w.subject, w.body) for w in structure.wordings if w.kind == INVOICE_WORDING), ("", ""))
    return Source(
        structure_code=structure.code,
        sender_name=structure.sender_name or structure.name,
        sender_email=structure.sender_email,
        reply_to=structure.reply_to,
        wording=wording,
        pdf_key=invoice.pdf_key,
        paper=_paper(invoice),
    )


def _paper(invoice: Invoice) -> InvoicePaper:
    resident = invoice.resident
    guardian = resident.guardian if resident else None
    debtor = resident or invoice.client
    address = debtor.address if debtor else None
    care_of = ""
    if guardian is not None:
        care_of = guardian.organisation or guardian.full_name
        address = guardian.address if guardian.address.lines else address
    structure = invoice.structure
    return InvoicePaper(
        issuer=Issuer(
            association=structure.association.name,
            structure=structure.name,
            address=structure.address,
            email=structure.reply_to or structure.sender_email,
            siret=structure.siret,
            finess=structure.finess,
            iban=structure.iban,
            bic=structure.bic,
            vat_mention=structure.vat_mention,
        ),
        number=invoice.number,
        issued_on=invoice.issued_on,
        name=debtor_name(invoice),
        address=address or PostalAddress(),
        care_of=care_of,
        lines=tuple(Line(line.label, line.amount, line.quantity, line.unit_price) for line in invoice.lines),
        total_excl_tax=invoice.total_excl_tax,
        vat=invoice.vat,
        total_incl_tax=invoice.total_incl_tax,
        balance=invoice.balance,
        period=Period.parse(invoice.period) if invoice.period else None,
        due_on=invoice.due_on,
    )
