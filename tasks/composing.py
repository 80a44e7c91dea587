"""The second stage of a sending: the exact bytes of a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.pending import PendingDelivery
from models.reminder_sources import ReminderSource
from models.rules.recipients import Recipient, Role
from models.sources import Source
from models.values.mail import Attachment, Mail
from models.values.paper import InvoicePaper
from tasks import archive
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_body import attachment_name, invoice_mail
from tasks.documents.mail_parts import MailText
from tasks.documents.reminder_mail import reminder_attachment_name, reminder_mail
from tasks.documents.reminder_pdf import reminder_pdf
from tasks.documents.reminder_wording import reminder_text
from tasks.mail.message import assemble, message_id
from tasks.moments import PARIS

Draw = Callable[[InvoicePaper], bytes]

TRIAL_MARK = "[TEST] "
WITHOUT_COPIES = "sans les copies des factures : le message aurait dépassé la taille que le serveur accepte"


class UnwritableError(Exception):
    """A message cannot be composed from what the ledger holds. The text is a French sentence for the clerk."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be archived and sent; ``note`` tells the clerk what had to be left out of it."""

    message: bytes
    note: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a message says and encloses."""

    text: MailText
    attachments: tuple[Attachment, ...]


def compose(
    source: Source | ReminderSource,
    delivery: PendingDelivery,
    recipient: Recipient,
    archive_folder: Path,
    size_limit: int,
    now: datetime,
    draw: Draw = invoice_pdf,
) -> Composed:
    """The message of ``delivery``; UnwritableError when something is missing for it.

    ``size_limit`` is what the relay takes, in bytes; 0: it did not say. A reminder that would be larger goes without
    the copies of the invoices that it names. ``draw`` makes the PDF of an invoice.
    """
    if not source.sender_email:
        raise UnwritableError(
            f"la structure {source.structure_code} n'a pas d'adresse d'expéditeur : "
            "complétez la colonne « expediteur_email » et importez de nouveau"
        )

    def message(written: Written) -> bytes:
        return assemble(
            Mail(
                sender_name=source.sender_name,
                sender_email=source.sender_email,
                reply_to=source.reply_to,
                recipient_email=delivery.redirected_to or recipient.address,
                subject=(TRIAL_MARK if delivery.redirected_to else "") + written.text.subject,
                text=written.text.text,
                html=written.text.html,
                attachments=written.attachments,
                message_id=identity(source, delivery),
                date=now.astimezone(PARIS),
            )
        )

    if isinstance(source, Source):
        return Composed(message(_invoice(source, recipient, archive_folder, draw)))
    whole = message(_reminder(source, archive_folder, draw, copies=True))
    if not size_limit or len(whole) <= size_limit:
        return Composed(whole)
    return Composed(message(_reminder(source, archive_folder, draw, copies=False)), WITHOUT_COPIES)


def _invoice(source: Source, recipient: Recipient, archive_folder: Path, draw: Draw) -> Written:
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
    return Written(text, (_enclosed(source, archive_folder, draw),))


def _reminder(source: ReminderSource, archive_folder: Path, draw: Draw, *, copies: bool) -> Written:
    paper = source.paper
    letter = Attachment(
        reminder_attachment_name(paper.dated, paper.code), reminder_pdf(paper, reminder_text(*source.wording, paper))
    )
    enclosed = tuple(_enclosed(copy, archive_folder, draw) for copy in source.copies) if copies else ()
    return Written(reminder_mail(*source.wording, paper, copies=copies), (letter, *enclosed))


def _enclosed(source: Source, archive_folder: Path, draw: Draw) -> Attachment:
    return Attachment(attachment_name(source.paper.number, source.paper.period), _pdf(source, archive_folder, draw))


def identity(source: Source | ReminderSource, delivery: PendingDelivery) -> str:
    """The Message-ID of a delivery: the same for every attempt, another one for another version."""
    key = ":".join((source.structure_code, source.key, str(delivery.id), str(delivery.version), delivery.purpose))
    return message_id(key, source.sender_email.rpartition("@")[2])


def _copy_to(source: Source, role: Role) -> str:
    """The name of the other one who gets this document by e-mail; never an address."""
    if not source.copied:
        return ""
    return source.paper.care_of if role is Role.RESIDENT else source.paper.name


def _pdf(source: Source, archive_folder: Path, draw: Draw) -> bytes:
    if not source.pdf_key:
        return draw(source.paper)
    try:
        return archive.get(archive_folder, source.pdf_key)
    except (OSError, ValueError) as error:
        raise UnwritableError(
            f"le PDF importé de la facture {source.paper.number} manque dans l'archive ou a été modifié : "
            "importez-le de nouveau"
        ) from error
