"""What Facteur itself says on every reminder, whatever the clerk wrote: the notice, the legal terms, the closing.

A professional and a consumer have templates of their own: a consumer is never told of the penalties and the flat
compensation of the Code de commerce (L441-10, D441-5), which he does not owe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.values.reminder_paper import FORMAL_NOTICE, ReminderPaper
from tasks.documents import french
from tasks.documents.mail_parts import one_line, render


class Medium(StrEnum):
    """What the reminder calls itself."""

    LETTER = "ce courrier"
    MAIL = "ce message"


@dataclass(frozen=True, slots=True)
class ReminderNotes:
    """``notice`` is empty below the last level: that it is a "mise en demeure", until when, and what follows."""

    notice: str
    terms: str
    closing: str


def reminder_notes(paper: ReminderPaper, medium: Medium) -> ReminderNotes:
    """The notes of a reminder, for its audience."""
    audience = "professional" if paper.professional else "consumer"
    context: dict[str, object] = {
        "total_due": french.amount(paper.total_due),
        "pay_by": french.unbroken_date(paper.pay_by),
        "medium": medium.value,
        "mailed": medium is Medium.MAIL,
        "contact": one_line(paper.issuer.email),
        "code": one_line(paper.code),
    }
    return ReminderNotes(
        notice=_text(f"{audience}/notice", context) if paper.level >= FORMAL_NOTICE else "",
        terms=_text(f"{audience}/terms", context),
        closing=_text("closing", context),
    )


def payment_note(paper: ReminderPaper) -> str:
    """How to pay, in one sentence; empty when the structure has no IBAN."""
    issuer = paper.issuer
    if not issuer.iban.strip():
        return ""
    context: dict[str, object] = {
        "beneficiary": one_line(issuer.association),
        "iban": french.iban(issuer.iban).replace(" ", "\N{NO-BREAK SPACE}"),
        "bic": one_line(issuer.bic),
        "code": one_line(paper.code),
    }
    return _text("payment", context)


def attached_note(paper: ReminderPaper, *, copies: bool) -> str:
    """What is attached to the mail: the letter, with the copies of the invoices or without."""
    return _text("attached", {"copies": copies, "several": len(paper.lines) > 1})


def _text(name: str, context: dict[str, object]) -> str:
    return render(f"reminder_notes/{name}.txt", context).strip()
