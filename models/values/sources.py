"""What a document is made from, as it stood when it was read: equal values make equal messages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from models.values.paper import InvoicePaper
from models.values.reminder_paper import LEVEL_NAMES, ReminderPaper


class Source(Protocol):
    """Everything that reaches a message except the address, whatever kind of mailing it is of.

    ``wording`` is (subject, body), empty for the default. ``number`` is how the clerk calls the document, ``name``
    whose it is, ``structure`` the name of the facility. ``key`` tells the document from the structure's others in its
    Message-ID, ``fingerprint`` changes when anything that reaches the message changes. ``is_empty``: there is nothing
    left to write about. ``pay_by`` is the last day to pay that a letter names, None where there is none.
    ``shows_no_address``: the window of its envelope would show a name alone. ``copies`` are enclosed where they fit;
    ``dropped`` are lines that are not on the paper after all, each with its reason.
    """

    @property
    def structure_code(self) -> str: ...
    @property
    def sender_name(self) -> str: ...
    @property
    def sender_email(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def wording(self) -> tuple[str, str]: ...
    @property
    def structure(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def is_empty(self) -> bool: ...
    @property
    def pay_by(self) -> date | None: ...
    @property
    def shows_no_address(self) -> bool: ...
    @property
    def copies(self) -> tuple[InvoiceSource, ...]: ...
    @property
    def dropped(self) -> tuple[tuple[int, str], ...]: ...


def fingerprint_of(source: object) -> str:
    """A digest of a frozen value."""
    return hashlib.sha256(repr(source).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class InvoiceSource:
    """What an invoice is made from.

    ``pdf_key`` names an imported PDF in the archive, which is then sent as it is. ``copied``: the resident and the
    guardian each get a message, which may say so.
    """

    structure_code: str
    sender_name: str
    sender_email: str
    reply_to: str
    wording: tuple[str, str]
    pdf_key: str
    paper: InvoicePaper
    copied: bool = False

    @property
    def structure(self) -> str:
        return self.paper.issuer.structure

    @property
    def name(self) -> str:
        return self.paper.name

    @property
    def number(self) -> str:
        return self.paper.number

    @property
    def key(self) -> str:
        return self.paper.number

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self)

    @property
    def is_empty(self) -> bool:
        return False

    @property
    def pay_by(self) -> date | None:
        return None

    @property
    def shows_no_address(self) -> bool:
        return not self.pdf_key and not self.paper.address.lines

    @property
    def copies(self) -> tuple[InvoiceSource, ...]:
        return ()

    @property
    def dropped(self) -> tuple[tuple[int, str], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class ReminderSource:
    """What a reminder is made from. ``copies`` are the invoices that the paper names.

    ``dropped`` are lines (by id) that are not on the paper after all; without any line left on it, nothing is sent.
    """

    structure_code: str
    sender_name: str
    sender_email: str
    reply_to: str
    wording: tuple[str, str]
    paper: ReminderPaper
    copies: tuple[InvoiceSource, ...]
    dropped: tuple[tuple[int, str], ...]
    document_id: int

    @property
    def structure(self) -> str:
        return self.paper.issuer.structure

    @property
    def name(self) -> str:
        return self.paper.name

    @property
    def number(self) -> str:
        return f"{LEVEL_NAMES[self.paper.level]} · {self.paper.code}"

    @property
    def key(self) -> str:
        return f"relance-{self.document_id}"

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self)

    @property
    def is_empty(self) -> bool:
        return not self.paper.lines

    @property
    def pay_by(self) -> date | None:
        return self.paper.pay_by

    @property
    def shows_no_address(self) -> bool:
        return not self.paper.address.lines
