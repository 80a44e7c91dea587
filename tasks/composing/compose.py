"""The second stage of a sending: the exact bytes of a message.

Nothing here needs the database or Prefect, so that it can be done in a process beside (``tasks.composing.process``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.rules.recipients import Recipient
from models.values.mail import Mail
from models.values.moments import PARIS
from models.values.sources import Source
from tasks.composing import archive
from tasks.composing.written import UnwritableError, Writer, Written
from tasks.documents.reminder_wording import ConsumerTermsError
from tasks.mail.message import assemble, message_id

TRIAL_MARK = "[TEST] "
WITHOUT_COPIES = "sans les copies des factures : le message aurait dépassé la taille que le serveur accepte"


@dataclass(frozen=True, slots=True)
class Order:
    """What a message is composed from; it goes through a pipe to a process beside.

    ``write`` is the kind's writer: a function of a module. ``redirected_to`` is the address of a trial, empty for a
    real sending. ``size_limit`` is what the relay takes, in bytes; 0: it did not say. What would be larger goes without
    the copies that its source has. ``date`` is the message's, timezone-aware.
    """

    source: Source
    write: Writer
    recipient: Recipient
    redirected_to: str
    delivery_key: str
    archive: Path
    size_limit: int
    date: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that is archived under ``key``; ``note`` tells the clerk what had to be left out of it."""

    message: bytes
    key: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The message cannot be composed; ``sentence`` says why, in French."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Unkept:
    """The message was composed, but the archive could not be written."""

    error: OSError


def compose(order: Order) -> Composed | Unwritten | Unkept:
    """Compose a message and archive it."""
    try:
        message, note = _message(order)
    except (UnwritableError, ConsumerTermsError) as error:
        return Unwritten(str(error))
    except (ValueError, ArithmeticError, KeyError, OSError) as error:
        return Unwritten(f"le message n'a pas pu être composé : {error}")
    try:
        return Composed(message, archive.put(order.archive, message), note)
    except OSError as error:
        return Unkept(error)


def identity(source: Source, delivery_key: str) -> str:
    """The Message-ID of a delivery: the same for every attempt, another one for another version."""
    key = f"{source.structure_code}:{source.key}:{delivery_key}"
    return message_id(key, source.sender_email.rpartition("@")[2])


def _message(order: Order) -> tuple[bytes, str]:
    source = order.source
    if not source.sender_email:
        raise UnwritableError(
            f"la structure {source.structure_code} n'a pas d'adresse d'expéditeur : "
            "complétez la colonne « expediteur_email » et importez de nouveau"
        )
    whole = _assembled(order, order.write(source, order.recipient, order.archive, copies=True))
    if not source.copies or not order.size_limit or len(whole) <= order.size_limit:
        return whole, ""
    return _assembled(order, order.write(source, order.recipient, order.archive, copies=False)), WITHOUT_COPIES


def _assembled(order: Order, written: Written) -> bytes:
    source = order.source
    return assemble(
        Mail(
            sender_name=source.sender_name,
            sender_email=source.sender_email,
            reply_to=source.reply_to,
            recipient_email=order.redirected_to or order.recipient.address,
            subject=(TRIAL_MARK if order.redirected_to else "") + written.text.subject,
            text=written.text.text,
            html=written.text.html,
            attachments=written.attachments,
            message_id=identity(source, order.delivery_key),
            date=order.date.astimezone(PARIS),
        )
    )
