"""What a reminder is made from, read when it is composed: an invoice that was paid meanwhile is not on it any more."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from models.reading.invoice_sources import read_invoice
from models.reading.issuers import ISSUER, read_issuer
from models.reading.reminder_terms import USUAL
from models.rules.recipients import Recipients, resolve_client
from models.rules.reminders import NotDue
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.organisation import Association, Structure, Wording
from models.tables.people import Client
from models.tables.reminder import Reminder, ReminderLevel, ReminderLine, ReminderPolicy
from models.values.kinds import ClientKind
from models.values.people import PostalAddress
from models.values.reminder_paper import OverdueInvoice, ReminderPaper
from models.values.sources import ReminderSource

_REMINDER = (
    select(
        Reminder.id,
        Reminder.reference_date,
        Client.code,
        Client.name,
        Document.left_as,
        Client.kind,
        Client.email,
        Client.street.label("client_street"),
        Client.postcode.label("client_postcode"),
        Client.city.label("client_city"),
        Client.reminders_suspended_until,
        Association.id.label("association_id"),
        Structure.id.label("structure_id"),
        *ISSUER,
    )
    .join(Document, Reminder.document_id == Document.id)
    .join(Client, Reminder.client_id == Client.id)
    .join(Structure, Client.structure_id == Structure.id)
    .join(Association, Structure.association_id == Association.id)
    .where(Reminder.document_id == bindparam("document_id"))
)
_LINES = (
    select(
        ReminderLine.id,
        ReminderLine.level,
        ReminderLine.invoice_id,
        Invoice.number,
        Invoice.issued_on,
        Invoice.due_on,
        Invoice.total_incl_tax,
        Invoice.balance,
        Invoice.disputed,
    )
    .join(Invoice, ReminderLine.invoice_id == Invoice.id)
    .where(ReminderLine.reminder_id == bindparam("reminder_id"), ReminderLine.chosen.is_(True))
    .order_by(Invoice.due_on, Invoice.number)
)
_ANSWER_DAYS = (
    select(ReminderLevel.answer_days)
    .join(ReminderPolicy, ReminderLevel.policy_id == ReminderPolicy.id)
    .where(ReminderPolicy.association_id == bindparam("association_id"), ReminderLevel.level == bindparam("level"))
)
_WORDING = select(Wording.subject, Wording.body).where(
    Wording.structure_id == bindparam("structure_id"), Wording.kind == bindparam("kind")
)


def read_reminder_source(connection: Connection, document_id: int) -> tuple[ReminderSource, Recipients]:
    """The source of a reminder as it stands now, and the client's current address."""
    row = connection.execute(_REMINDER, {"document_id": document_id}).one()
    lines = connection.execute(_LINES, {"reminder_id": row.id}).all()
    reasons = {line.id: _why_dropped(line, row) for line in lines}
    kept = [line for line in lines if not reasons[line.id]]
    level = max((line.level for line in kept), default=1)
    parameters = {"association_id": row.association_id, "level": level}
    days = connection.execute(_ANSWER_DAYS, parameters).scalar_one_or_none()
    days = USUAL.answer_days[level - 1] if days is None else days
    wording = connection.execute(_WORDING, {"structure_id": row.structure_id, "kind": f"reminder-{level}"}).first()
    source = ReminderSource(
        structure_code=row.structure_code,
        sender_name=row.sender_name or row.structure,
        sender_email=row.sender_email,
        reply_to=row.reply_to,
        wording=(wording.subject, wording.body) if wording else ("", ""),
        paper=_paper(row, kept, level, row.reference_date + timedelta(days=days)),
        copies=tuple(read_invoice(connection, line.invoice_id) for line in kept),
        dropped=tuple((line, reason) for line, reason in reasons.items() if reason),
        document_id=document_id,
    )
    return source, resolve_client(row.email or "")


def note_dropped(connection: Connection, source: ReminderSource) -> None:
    """Note which lines are not on the paper: what a client was not reminded of can be reminded of later."""
    reminder = select(Reminder.id).where(Reminder.document_id == source.document_id).scalar_subquery()
    connection.execute(update(ReminderLine).where(ReminderLine.reminder_id == reminder).values(dropped=""))
    for line, reason in source.dropped:
        connection.execute(update(ReminderLine).where(ReminderLine.id == line).values(dropped=reason))


def _why_dropped(line: Row[Any], row: Row[Any]) -> str:
    if line.balance <= 0:
        return NotDue.PAID.value
    if line.due_on is None:  # an import emptied it
        return NotDue.NO_DUE_DATE.value
    if line.disputed:
        return NotDue.DISPUTED.value
    suspended = row.reminders_suspended_until is not None and row.reference_date <= row.reminders_suspended_until
    return NotDue.SUSPENDED.value if suspended else ""


def _paper(row: Row[Any], lines: list[Row[Any]], level: int, pay_by: date) -> ReminderPaper:
    return ReminderPaper(
        issuer=read_issuer(row),
        code=row.code,
        name=row.left_as or row.name,
        address=PostalAddress(row.client_street, row.client_postcode, row.client_city),
        professional=row.kind == ClientKind.PROFESSIONAL,
        dated=row.reference_date,
        level=level,
        pay_by=pay_by,
        lines=tuple(
            OverdueInvoice(
                number=line.number,
                issued_on=line.issued_on,
                due_on=line.due_on,
                total_incl_tax=line.total_incl_tax,
                balance=line.balance,
                level=line.level,
                days_overdue=(row.reference_date - line.due_on).days,
            )
            for line in lines
        ),
    )
