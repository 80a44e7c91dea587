"""The second stage of a sending: the exact bytes of a message."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from models.pending import PendingDelivery
from models.rules.recipients import Recipient
from models.sources import Source
from models.values.mail import Attachment, Mail
from tasks import archive
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_body import attachment_name, invoice_mail
from tasks.mail.message import assemble, message_id
from tasks.moments import PARIS

TRIAL_MARK = "[TEST] "


class UnwritableError(Exception):
    """A message cannot be composed from what the ledger holds. The text is a French sentence for the clerk."""


def compose(
    source: Source, delivery: PendingDelivery, recipient: Recipient, archive_folder: Path, now: datetime
) -> bytes:
    """The message of ``delivery``, ready to be archived and sent; UnwritableError when something is missing for it."""
    paper = source.paper
    if not source.sender_email:
        raise UnwritableError(
            f"la structure {source.structure_code} n'a pas d'adresse d'expéditeur : "
            "complétez la colonne « expediteur_email » et importez de nouveau"
        )
    if paper.period is None:
        raise UnwritableError(f"la facture {paper.number} n'a pas de période")
    text = invoice_mail(*source.wording, person=paper.name, period=paper.period, issuer=paper.issuer)
    return assemble(
        Mail(
            sender_name=source.sender_name,
            sender_email=source.sender_email,
            reply_to=source.reply_to,
            recipient_email=delivery.redirected_to or recipient.address,
            subject=(TRIAL_MARK if delivery.redirected_to else "") + text.subject,
            text=text.text,
            html=text.html,
            attachments=(Attachment(attachment_name(paper.number, paper.period), _pdf(source, archive_folder)),),
            message_id=identity(source, delivery),
            date=now.astimezone(PARIS),
        )
    )


def identity(source: Source, delivery: PendingDelivery) -> str:
    """The Message-ID of a delivery: the same for every attempt, another one for another version."""
    key = ":".join(
        (source.structure_code, source.paper.number, str(delivery.id), str(delivery.version), delivery.purpose)
    )
    return message_id(key, source.sender_email.rpartition("@")[2])


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
