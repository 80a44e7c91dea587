"""The texts of the mails: each is checked for slips, and written for an invented resident."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from models.values.mail import Attachment, Mail
from models.values.paper import Issuer
from models.values.people import PostalAddress
from tasks.checking.facts import Facility
from tasks.checking.result import Finding, Light
from tasks.checking.words import number
from tasks.documents.mail_body import attachment_name
from tasks.documents.preview import NUMBER, example_mail, example_reminder
from tasks.documents.reminder_mail import reminder_mail
from tasks.documents.reminder_wording import check_reminder_wording
from tasks.documents.wording import check_wording
from tasks.french.moments import PARIS
from tasks.mail.message import assemble, message_id

INVOICE = "invoice"
REMINDERS = ("reminder-1", "reminder-2", "reminder-3")
EVERY_KIND = (INVOICE, *REMINDERS)

KIND = {
    INVOICE: "facture",
    "reminder-1": "relance 1",
    "reminder-2": "relance 2",
    "reminder-3": "mise en demeure",
}
MEND = "Corriger le texte de la structure, puis recommencer."


def check_wordings(facilities: Iterable[Facility], kinds: Collection[str] = EVERY_KIND) -> list[Finding]:
    """A line for each text with a slip or that cannot be written, one for all the others."""
    findings: list[Finding] = []
    right = 0
    for facility in facilities:
        texts = {kind: (subject, body) for kind, subject, body in facility.texts}
        for kind in kinds:
            if kind not in texts and kind != INVOICE:
                continue  # the default text, which the tests hold
            fault = _fault(facility, kind, *texts.get(kind, ("", "")))
            right += not fault
            if fault:
                about = f"{facility.code}, {KIND[kind]}"
                findings.append(Finding("wording", Light.RED, fault, MEND, about))
    if right:
        words = f"{number(right, 'texte')} sans faute de mot-clé"
        findings.insert(0, Finding("wording", Light.GREEN, words))
    return findings


def _fault(facility: Facility, kind: str, subject: str, body: str) -> str:
    check = check_wording if kind == INVOICE else check_reminder_wording
    slips = [f"{place} : {slip}" for place, text in (("Objet", subject), ("Texte", body)) for slip in check(text)]
    if slips:
        return " ".join(slips)
    try:
        _write(facility, kind, subject, body)
    except Exception as error:  # noqa: BLE001  whatever a text makes of the writing, this line is where it is told
        return f"Le message ne peut pas être composé ({type(error).__name__}: {error})."
    return ""


def _write(facility: Facility, kind: str, subject: str, body: str) -> None:
    """Compose a whole message as a campaign does, for somebody who does not exist."""
    now = datetime.now(PARIS)
    issuer = Issuer(facility.association, facility.name, PostalAddress(), facility.reply_to or facility.sender_email)
    if kind == INVOICE:
        text = example_mail((subject, body), issuer, now.date())
    else:
        text = reminder_mail(
            subject, body, example_reminder(issuer, REMINDERS.index(kind) + 1, now.date()), copies=False
        )
    assemble(
        Mail(
            sender_name=facility.sender_name,
            sender_email="facturation@example.org",  # the real one has a line of its own
            reply_to="",
            recipient_email="josiane.mailly@example.org",
            subject=text.subject,
            text=text.text,
            html=text.html,
            attachments=(Attachment(attachment_name(NUMBER, None), b"%PDF-"),),
            message_id=message_id("check", "example.org"),
            date=now,
        )
    )
