"""What a document is made from, as it stood when it was read: equal values make equal messages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from models.values.paper import InvoicePaper
from models.values.reminder_paper import ReminderPaper


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that reaches a message except the address. ``wording`` is (subject, body), empty for the default.

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
    def key(self) -> str:
        """What tells this document from the structure's others, in its Message-ID."""
        return self.paper.number

    @property
    def fingerprint(self) -> str:
        """A digest that changes when anything that reaches the message changes."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ReminderSource:
    """Everything that reaches the message of a reminder except the address.

    ``wording`` is (subject, body), empty for the default. ``copies`` are the invoices that the paper names.
    ``dropped`` are lines that are not on the paper after all, each with its reason; without any line left on the
    paper, nothing is sent.
    """

    structure_code: str
    sender_name: str
    sender_email: str
    reply_to: str
    wording: tuple[str, str]
    paper: ReminderPaper
    copies: tuple[Source, ...]
    dropped: tuple[tuple[int, str], ...]
    document_id: int

    @property
    def key(self) -> str:
        """What tells this document from the structure's others, in its Message-ID."""
        return f"relance-{self.document_id}"

    @property
    def fingerprint(self) -> str:
        """A digest that changes when anything that reaches the message changes."""
        return hashlib.sha256(repr(self).encode()).hexdigest()
