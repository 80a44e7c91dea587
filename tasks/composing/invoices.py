"""What the mail of an invoice says and encloses."""

from __future__ import annotations

from pathlib import Path

from models.rules.recipients import Recipient, Role
from models.values.mail import Attachment
from models.values.sources import InvoiceSource
from tasks.composing.archive import get
from tasks.composing.written import UnwritableError, Written
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_body import attachment_name, invoice_mail


def write_invoice(source: InvoiceSource, recipient: Recipient, archive: Path, *, copies: bool) -> Written:
    """The clerk's text, and the invoice; an invoice has no copies to leave out."""
    paper = source.paper
    if paper.period is None:
        raise UnwritableError(f"la facture {paper.number} n'a pas de période")
    text = invoice_mail(
        *source.wording,
        person=paper.name,
        period=paper.period,
        issuer=paper.issuer,
        copy_to=_copy_to(source, recipient.role),
    )
    return Written(text, (enclosed(source, archive),))


def enclosed(source: InvoiceSource, archive_folder: Path) -> Attachment:
    """The invoice as an attachment: the imported PDF as it is, or drawn."""
    return Attachment(attachment_name(source.paper.number, source.paper.period), _pdf(source, archive_folder))


def _copy_to(source: InvoiceSource, role: Role) -> str:
    """The name of the other one who gets this document by e-mail; never an address."""
    if not source.copied:
        return ""
    return source.paper.care_of if role is Role.RESIDENT else source.paper.name


def _pdf(source: InvoiceSource, archive_folder: Path) -> bytes:
    if not source.pdf_key:
        return invoice_pdf(source.paper)
    try:
        return get(archive_folder, source.pdf_key)
    except (OSError, ValueError) as error:
        raise UnwritableError(
            f"le PDF importé de la facture {source.paper.number} manque dans l'archive ou a été modifié : "
            "importez-le de nouveau"
        ) from error
