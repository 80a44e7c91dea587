"""One e-mail, before it is serialised."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes with a mail; ``file_name`` is ASCII."""

    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address. ``date`` is timezone-aware and frozen when the message is composed."""

    sender_name: str
    sender_email: str
    reply_to: str
    recipient_email: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    message_id: str
    date: datetime
