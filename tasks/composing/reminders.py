"""What the mail of a reminder says and encloses."""

from __future__ import annotations

from pathlib import Path

from models.rules.recipients import Recipient
from models.values.mail import Attachment
from models.values.sources import ReminderSource
from tasks.composing.invoices import enclosed
from tasks.composing.written import Written
from tasks.documents.reminder_mail import reminder_attachment_name, reminder_mail
from tasks.documents.reminder_pdf import reminder_pdf
from tasks.documents.reminder_wording import reminder_text


def write_reminder(source: ReminderSource, recipient: Recipient, archive: Path, *, copies: bool) -> Written:
    """The clerk's text, the letter, and with ``copies`` the invoices that it names."""
    paper = source.paper
    letter = Attachment(
        reminder_attachment_name(paper.dated, paper.code), reminder_pdf(paper, reminder_text(*source.wording, paper))
    )
    others = tuple(enclosed(copy, archive) for copy in source.copies) if copies else ()
    return Written(reminder_mail(*source.wording, paper, copies=copies), (letter, *others))
