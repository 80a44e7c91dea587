"""The mail of a payment reminder: the clerk's text, the invoices, how to pay, what the law and Facteur add."""

from datetime import date

from models.values.reminder_paper import ReminderPaper
from tasks.documents import french
from tasks.documents.mail_parts import MailText, file_name_part, footer, one_line, render, signature
from tasks.documents.reminder_list import aligned, listed
from tasks.documents.reminder_notes import Medium, attached_note, payment_note, reminder_notes
from tasks.documents.reminder_wording import reminder_text


def reminder_mail(wording_subject: str, wording_body: str, paper: ReminderPaper, *, copies: bool) -> MailText:
    """The mail for one reminder; a subject or body that the structure left empty is the default one of the level.

    ``copies`` says whether copies of the invoices are attached beside the letter. The wordings are text: neither HTML
    nor template syntax in them, or in a name, has any effect. Raises ConsumerTermsError as ``reminder_text`` does.
    """
    text = reminder_text(wording_subject, wording_body, paper)
    own = reminder_notes(paper, Medium.MAIL)
    notes = (own.notice, payment_note(paper), own.terms, own.closing, attached_note(paper, copies=copies))
    context: dict[str, object] = {
        "subject": text.subject,
        "before": text.before,
        "after": text.after,
        "table": aligned(paper),
        "lines": listed(paper),
        "total_due": french.amount(paper.total_due),
        "notes": [note for note in notes if note],
        "notice": own.notice,
        "signature": signature(paper.issuer),
        "footer": footer(paper.issuer),
        "contact": one_line(paper.issuer.email),
    }
    return MailText(
        subject=text.subject,
        text=render("reminder_mail/body.txt", context),
        html=render("reminder_mail/body.html", context).strip(),
    )


def reminder_attachment_name(dated: date, code: str) -> str:
    """``Relance_2024-11-15_C0001.pdf``: ASCII, safe on every file system, and without anybody's name.

    ``code`` is the client's.
    """
    return "_".join(part for part in ("Relance", f"{dated:%Y-%m-%d}", file_name_part(code)) if part) + ".pdf"
