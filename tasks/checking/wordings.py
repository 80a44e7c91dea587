"""The texts of the mails: each is checked for slips, and written for an invented resident."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from models.values.mail import Attachment, Mail
from models.values.moments import PARIS
from models.values.paper import Issuer
from models.values.people import PostalAddress
from tasks.checking.facts import Facility
from tasks.checking.result import Finding, Light
from tasks.documents.mail_body import attachment_name
from tasks.documents.preview import NUMBER
from tasks.french.numbers import counted
from tasks.kinds.kind import WordingKind
from tasks.kinds.registry import KINDS
from tasks.mail.message import assemble, message_id

MEND = "Corriger le texte de la structure, puis recommencer."


def check_wordings(facilities: Iterable[Facility], wordings: Collection[WordingKind] = ()) -> list[Finding]:
    """A line for each text with a slip or that cannot be written, one for all the others; without any named, of all."""
    findings: list[Finding] = []
    right = 0
    for facility in facilities:
        texts = {kind: (subject, body) for kind, subject, body in facility.texts}
        for wording in wordings or every_wording():
            if wording.name not in texts and not wording.always:
                continue  # the default text, which the tests hold
            fault = _fault(facility, wording, *texts.get(wording.name, ("", "")))
            right += not fault
            if fault:
                findings.append(Finding("wording", Light.RED, fault, MEND, f"{facility.code}, {wording.label}"))
    if right:
        words = f"{counted(right, 'texte')} sans faute de mot-clé"
        findings.insert(0, Finding("wording", Light.GREEN, words))
    return findings


def every_wording() -> tuple[WordingKind, ...]:
    """The texts of all kinds of mailings."""
    return tuple(wording for kind in KINDS.values() for wording in kind.wordings)


def _fault(facility: Facility, wording: WordingKind, subject: str, body: str) -> str:
    places = (("Objet", subject), ("Texte", body))
    slips = [f"{place} : {slip}" for place, text in places for slip in wording.check(text)]
    if slips:
        return " ".join(slips)
    try:
        _write(facility, wording, subject, body)
    except Exception as error:  # noqa: BLE001  whatever a text makes of the writing, this line is where it is told
        return f"Le message ne peut pas être composé ({type(error).__name__}: {error})."
    return ""


def _write(facility: Facility, wording: WordingKind, subject: str, body: str) -> None:
    """Compose a whole message as a campaign does, for somebody who does not exist."""
    now = datetime.now(PARIS)
    issuer = Issuer(facility.association, facility.name, PostalAddress(), facility.reply_to or facility.sender_email)
    text = wording.example(subject, body, issuer, now.date())
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
