"""Every overdue invoice of the clients, and where it stands: what the screens, the plan and the status all read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.reading.reminder_terms import USUAL, Terms, read_terms
from models.reading.standings import DeliveryStanding, read_deliveries
from models.rules.coverage import Coverage
from models.rules.recipients import Recipients, resolve_client
from models.rules.reminder_coverage import MailFact, Progress, progress, reminder_coverage
from models.rules.reminders import InvoiceFacts, NotDue, due_level
from models.rules.states import FAILED
from models.tables.campaign import Campaign, CampaignLine
from models.tables.delivery import Delivery
from models.tables.document import Printing
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Client
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import REAL
from models.values.kinds import Channel
from models.values.moments import PARIS
from models.values.people import alphabetical


@dataclass(frozen=True, slots=True)
class LastReminder:
    """The last reminder that names an invoice: chosen, and not dropped from it."""

    document_id: int
    level: int
    progress: Progress
    channel: Channel
    deliveries: tuple[DeliveryStanding, ...]
    printed_at: datetime | None

    @property
    def reached_on(self) -> date | None:
        """The day in Paris on which the client was reminded; None when the reminder has not left, or may not have."""
        moments = [d.accepted_at for d in self.deliveries if d.accepted_at]
        moment = max([*moments, *([self.printed_at] if self.printed_at else [])], default=None)
        return moment.astimezone(PARIS).date() if moment else None


@dataclass(frozen=True, slots=True)
class OverdueStanding:
    """One invoice that is overdue, or has no due date, on the day in question; ``balance`` in euros.

    ``due`` is the level that a reminder is due at, or why none is. ``reason`` says why it is excluded.
    """

    invoice_id: int
    number: str
    issued_on: date
    due_on: date | None
    total_incl_tax: Decimal
    balance: Decimal
    structure_code: str
    structure_name: str
    client_id: int
    client_code: str
    client_name: str
    recipients: Recipients
    terms: Terms
    due: int | NotDue
    level_reached: int
    reminded_on: date | None
    last: LastReminder | None
    coverage: Coverage
    reason: str

    @property
    def refused_address(self) -> str:
        """The address that the last reminder was refused for; empty when none was."""
        deliveries = self.last.deliveries if self.last else ()
        return next((d.address for d in deliveries if d.state in FAILED), "")


def read_overdue(session: Session, today: date, structures: Collection[str] = ()) -> list[OverdueStanding]:
    """Every client invoice with something to pay that was due before ``today``, by structure, client and due date."""
    rows = [
        row
        for row in session.execute(_OVERDUE)
        if (row.due_on is None or row.due_on < today) and (not structures or row.structure_code in structures)
    ]
    rows.sort(
        key=lambda r: (
            alphabetical(r.structure_name),
            alphabetical(r.client_name),
            r.client_code,
            str(r.due_on),
            r.number,
        )
    )
    terms = read_terms(session)
    reminders = read_reminders(session, {row.id for row in rows})
    left_out = _deselected(session, {row.id for row in rows})
    return [
        _standing(row, today, terms.get(row.association_id, USUAL), reminders.get(row.id, []), row.id in left_out)
        for row in rows
    ]


_OVERDUE = (
    select(
        Invoice.id,
        Invoice.number,
        Invoice.issued_on,
        Invoice.due_on,
        Invoice.total_incl_tax,
        Invoice.balance,
        Invoice.disputed,
        Structure.code.label("structure_code"),
        Structure.name.label("structure_name"),
        Structure.association_id,
        Client.id.label("client_id"),
        Client.code.label("client_code"),
        Client.name.label("client_name"),
        Client.email,
        Client.reminders_suspended_until,
    )
    .join(Structure, Invoice.structure_id == Structure.id)
    .join(Client, Invoice.client_id == Client.id)
    .where(Invoice.balance > Decimal(0))
)


def read_reminders(session: Session, invoices: Collection[int]) -> dict[int, list[LastReminder]]:
    """The real reminders that name each invoice, oldest first."""
    if not invoices:
        return {}
    counted = (ReminderLine.round.is_not(None), ReminderLine.dropped == "")
    rows = session.execute(
        select(ReminderLine.invoice_id, ReminderLine.level, Reminder.document_id, Reminder.channel)
        .join(Reminder, ReminderLine.reminder_id == Reminder.id)
        .join(Invoice, ReminderLine.invoice_id == Invoice.id)
        .where(*counted, Invoice.balance > Decimal(0))
        .order_by(ReminderLine.id)
    ).all()
    documents = select(Reminder.document_id).join(ReminderLine, ReminderLine.reminder_id == Reminder.id).where(*counted)
    deliveries = read_deliveries(session, Delivery.document_id.in_(documents), Delivery.purpose == REAL)
    printed: dict[int, datetime] = {}
    for document, moment in session.execute(
        select(Printing.document_id, Printing.printed_at).where(Printing.document_id.in_(documents))
    ):
        printed[document] = max(moment, printed.get(document, moment))
    found: dict[int, list[LastReminder]] = defaultdict(list)
    for row in rows:
        if row.invoice_id in invoices:
            mails = tuple(deliveries.get(row.document_id, ()))
            found[row.invoice_id].append(_reminder(row, mails, printed.get(row.document_id)))
    return found


def _reminder(row: Row[Any], mails: tuple[DeliveryStanding, ...], printed_at: datetime | None) -> LastReminder:
    facts = [MailFact(d.state, d.changed_at, d.unwritten) for d in mails]
    channel = Channel(row.channel)
    so_far = progress(channel is Channel.LETTER, facts, printed_at)
    return LastReminder(row.document_id, row.level, so_far, channel, mails, printed_at)


def _deselected(session: Session, invoices: Collection[int]) -> set[int]:
    """The invoices that a person left out of the last real campaign that showed them."""
    rows = session.execute(
        select(ReminderLine.invoice_id, ReminderLine.chosen)
        .join(Reminder, ReminderLine.reminder_id == Reminder.id)
        .join(CampaignLine, CampaignLine.document_id == Reminder.document_id)
        .join(Campaign, CampaignLine.campaign_id == Campaign.id)
        .where(Campaign.purpose == REAL, Campaign.chosen_by != "")
        .order_by(ReminderLine.id)
    ).tuples()
    return {invoice for invoice, chosen in dict(list(rows)).items() if chosen is False and invoice in invoices}


def _standing(
    row: Row[Any], today: date, terms: Terms, reminders: list[LastReminder], deselected: bool
) -> OverdueStanding:
    done = [r for r in reminders if r.progress in {Progress.MAILED, Progress.PRINTED}]
    last = reminders[-1] if reminders else None
    level_reached = max((r.level for r in done), default=0)
    reminded_on = max((r.reached_on for r in done if r.reached_on), default=None)
    facts = InvoiceFacts(
        due_on=row.due_on,
        balance=row.balance,
        disputed=row.disputed,
        suspended_until=row.reminders_suspended_until,
        level_reached=level_reached,
        reminded_on=reminded_on,
        under_way=any(r.progress in {Progress.UNDER_WAY, Progress.UNCERTAIN} for r in reminders),
    )
    due = due_level(facts, terms.levels, terms.minimum_balance, today)
    coverage, reason = reminder_coverage(due, last.progress if last else None, deselected)
    return OverdueStanding(
        invoice_id=row.id,
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total_incl_tax=row.total_incl_tax,
        balance=row.balance,
        structure_code=row.structure_code,
        structure_name=row.structure_name,
        client_id=row.client_id,
        client_code=row.client_code,
        client_name=row.client_name,
        recipients=resolve_client(row.email or ""),
        terms=terms,
        due=due,
        level_reached=level_reached,
        reminded_on=reminded_on,
        last=last,
        coverage=coverage,
        reason=reason,
    )
