"""The second stage of a sending: the exact bytes of a message.

Nothing here needs the database or Prefect, so that it can be done in a process beside (``tasks.composing.process``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.rules.recipients import Recipient, Role
from models.values.mail import Attachment, Mail
from models.values.sources import ReminderSource, Source
from tasks.composing import archive
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_body import attachment_name, invoice_mail
from tasks.documents.mail_parts import MailText
from tasks.documents.reminder_mail import reminder_attachment_name, reminder_mail
from tasks.documents.reminder_pdf import reminder_pdf
from tasks.documents.reminder_wording import ConsumerTermsError, reminder_text
from tasks.french.moments import PARIS
from tasks.mail.message import assemble, message_id

TRIAL_MARK = "[TEST] "
WITHOUT_COPIES = "sans les copies des factures : le message aurait dépassé la taille que le serveur accepte"


class UnwritableError(Exception):
    """A message cannot be composed from what the ledger holds. The text is a French sentence for the clerk."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a message is composed from.

    ``redirected_to`` is the address of a trial, empty for a real sending. ``size_limit`` is what the relay takes, in
    bytes; 0: it did not say. A reminder that would be larger goes without the copies of the invoices that it names.
    ``date`` is the message's, timezone-aware.
    """

    source: Source | ReminderSource
    recipient: Recipient
    redirected_to: str
    delivery_key: str
    archive: Path
    size_limit: int
    date: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that is archived under ``key``; ``note`` tells the clerk what had to be left out of it."""

    message: bytes
    key: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The message cannot be composed; ``sentence`` says why, in French."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Unkept:
    """The message was composed, but the archive could not be written."""

    error: OSError


@dataclass(frozen=True, slots=True)
class Written:
    """What a message says and encloses."""

    text: MailText
    attachments: tuple[Attachment, ...]


def compose(order: Order) -> Composed | Unwritten | Unkept:
    """Compose a message and archive it."""
    try:
        message, note = _message(order)
    except (UnwritableError, ConsumerTermsError) as error:
        return Unwritten(str(error))
    except (ValueError, ArithmeticError, KeyError, OSError) as error:
        return Unwritten(f"le message n'a pas pu être composé : {error}")
    try:
        return Composed(message, archive.put(order.archive, message), note)
    except OSError as error:
        return Unkept(error)


def identity(source: Source | ReminderSource, delivery_key: str) -> str:
    """The Message-ID of a delivery: the same for every attempt, another one for another version."""
    key = f"{source.structure_code}:{source.key}:{delivery_key}"
    return message_id(key, source.sender_email.rpartition("@")[2])


def _message(order: Order) -> tuple[bytes, str]:
    source = order.source
    if not source.sender_email:
        raise UnwritableError(
            f"la structure {source.structure_code} n'a pas d'adresse d'expéditeur : "
            "complétez la colonne « expediteur_email » et importez de nouveau"
        )
    if isinstance(source, Source):
        return _assembled(order, _invoice(source, order.recipient, order.archive)), ""
    whole = _assembled(order, _reminder(source, order.archive, copies=True))
    if not order.size_limit or len(whole) <= order.size_limit:
        return whole, ""
    return _assembled(order, _reminder(source, order.archive, copies=False)), WITHOUT_COPIES


def _assembled(order: Order, written: Written) -> bytes:
    source = order.source
    return assemble(
        Mail(
            sender_name=source.sender_name,
            sender_email=source.sender_email,
            reply_to=source.reply_to,
            recipient_email=order.redirected_to or order.recipient.address,
            subject=(TRIAL_MARK if order.redirected_to else "") + written.text.subject,
            text=written.text.text,
            html=written.text.html,
            attachments=written.attachments,
            message_id=identity(source, order.delivery_key),
            date=order.date.astimezone(PARIS),
        )
    )


def _invoice(source: Source, recipient: Recipient, archive_folder: Path) -> Written:
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
    return Written(text, (_enclosed(source, archive_folder),))


def _reminder(source: ReminderSource, archive_folder: Path, *, copies: bool) -> Written:
    paper = source.paper
    letter = Attachment(
        reminder_attachment_name(paper.dated, paper.code), reminder_pdf(paper, reminder_text(*source.wording, paper))
    )
    enclosed = tuple(_enclosed(copy, archive_folder) for copy in source.copies) if copies else ()
    return Written(reminder_mail(*source.wording, paper, copies=copies), (letter, *enclosed))


def _enclosed(source: Source, archive_folder: Path) -> Attachment:
    return Attachment(attachment_name(source.paper.number, source.paper.period), _pdf(source, archive_folder))


def _copy_to(source: Source, role: Role) -> str:
    """The name of the other one who gets this document by e-mail; never an address."""
    if not source.copied:
        return ""
    return source.paper.care_of if role is Role.RESIDENT else source.paper.name


def _pdf(source: Source, archive_folder: Path) -> bytes:
    if not source.pdf_key:
        return invoice_pdf(source.paper)
    try:
        return archive.get(archive_folder, source.pdf_key)
    except (OSError, ValueError) as error:
        raise UnwritableError(
            f"le PDF importé de la facture {source.paper.number} manque dans l'archive ou a été modifié : "
            "importez-le de nouveau"
        ) from error
