"""What a kind of mailing writes: the text of a message and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models.rules.recipients import Recipient
from models.values.mail import Attachment
from tasks.documents.mail_parts import MailText


class UnwritableError(Exception):
    """A message cannot be composed from what the ledger holds. The text is a French sentence for the clerk."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a message says and encloses."""

    text: MailText
    attachments: tuple[Attachment, ...]


class Writer(Protocol):
    """Writes a message from the source of its kind; UnwritableError when it cannot.

    Without ``copies`` it leaves out what the source only encloses. ``archive`` is the folder with imported PDFs.
    """

    def __call__(self, source: Any, recipient: Recipient, archive: Path, *, copies: bool) -> Written: ...
