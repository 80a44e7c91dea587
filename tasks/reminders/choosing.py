"""Storing what was chosen of a reminder campaign: by e-mail, by letter, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.reading.campaign_lines import read_lines
from models.reading.overdue import OverdueStanding, read_overdue
from models.rules.changes import Change, Changed, Fact, Shown
from models.rules.recipients import Recipients
from models.tables.campaign import Campaign, CampaignLine
from models.tables.people import Client
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import REAL, CampaignReference
from models.values.kinds import Channel
from settings.ledger import writing_ledger
from tasks.campaigns.changed import changed_lines
from tasks.campaigns.deliveries import plan_deliveries
from tasks.failpoints import reached
from tasks.reminders.planning import is_preselected, shown_reminder


@dataclass(frozen=True, slots=True)
class ReminderChoice:
    """What a person chose: the channel of each document that goes, the invoices left out of theirs, and who chose.

    ``form`` is the number of the form that showed the lines; None: nobody was shown any.
    """

    channels: Mapping[int, Channel]
    left_out: frozenset[int] = frozenset()
    initials: str = ""
    mode: Channel = Channel.EMAIL
    form: int | None = None


def store_reminder_choice(campaign: CampaignReference, choice: ReminderChoice | None = None) -> Changed | None:
    """Store the selection (None: what is preselected) and plan its deliveries, in one transaction.

    What is due is judged again: an invoice that another run has taken, or that was paid since the table was shown, is
    left out, so that two runs never remind of it both.

    Nothing is chosen when what a person chose has Changed since the form showed it: then the lines are stored as they
    are now, for the next form.
    """
    with writing_ledger() as session:
        stored = session.get_one(Campaign, campaign.campaign_id, with_for_update=True)
        if stored.chosen_at is not None:
            return None
        lines = read_lines(session, stored.id)
        reminders = _locked_reminders(session, [line.document_id for line in lines])
        assert stored.reference_date is not None
        overdue = {s.invoice_id: s for s in read_overdue(session, stored.reference_date, stored.structures)}
        if choice and (changed := _changed(stored, lines, reminders, overdue, choice)):
            return changed
        now = utc_now()
        preselected = {line.document_id: Channel(stored.mode) for line in lines if line.preselected}
        channels = choice.channels if choice else preselected
        left_out = choice.left_out if choice else frozenset()
        for line in lines:
            reminder, channel = reminders[line.document_id], channels.get(line.document_id)
            _choose(session, stored, line, reminder, channel, left_out, overdue)
        stored.chosen_at = now
        stored.chosen_by = choice.initials if choice else ""
        stored.mode = choice.mode if choice else stored.mode
        session.flush()
        planned = [reminders[line.document_id] for line in lines if line.chosen]
        by_mail = [reminder for reminder in planned if reminder.channel == Channel.EMAIL]
        plan_deliveries(session, stored, [(r.document_id, 1, _recipients(r, overdue)) for r in by_mail], now)
    reached("planned")
    return None


def _changed(
    campaign: Campaign,
    lines: Sequence[CampaignLine],
    reminders: Mapping[int, Reminder],
    overdue: Mapping[int, OverdueStanding],
    choice: ReminderChoice,
) -> Changed | None:
    if choice.form is None:
        return None
    due = {document: _still_due(reminder, overdue) for document, reminder in reminders.items()}
    today = {line.document_id: _today(line, due[line.document_id]) for line in lines}
    left_out = {i["number"] for line in lines for i in line.shown["invoices"] if i["id"] in choice.left_out}

    def matters(line: CampaignLine, change: Change) -> bool:
        channel = choice.channels.get(line.document_id)
        if change.fact is Fact.CLIENT_ADDRESS:
            return channel is Channel.EMAIL
        return channel is not None and change.number not in left_out

    changed = changed_lines(lines, today, choice.form, matters)
    if changed:
        for line in lines:
            found = {standing.invoice_id: standing.balance for standing in due[line.document_id]}
            line.preselected = bool(found) and is_preselected(campaign, line.shown)
            for entry in reminders[line.document_id].lines:
                entry.balance = found.get(entry.invoice_id, entry.balance)
    return changed


def _still_due(reminder: Reminder, overdue: Mapping[int, OverdueStanding]) -> list[OverdueStanding]:
    found = ((overdue.get(entry.invoice_id), entry.level) for entry in reminder.lines)
    return [standing for standing, level in found if standing is not None and standing.due == level]


def _today(line: CampaignLine, due: list[OverdueStanding]) -> Shown:
    return shown_reminder(due) if due else {**line.shown, "invoices": [], "amount": "0"}


def _locked_reminders(session: Session, documents: list[int]) -> dict[int, Reminder]:
    """The reminders by document; no other run can choose for the same clients until this transaction ends."""
    reminders = session.scalars(select(Reminder).where(Reminder.document_id.in_(documents))).all()
    clients = sorted({reminder.client_id for reminder in reminders})
    # PostgreSQL waits here for the other run, and then sees what it chose; SQLite has one writer anyhow.
    session.execute(select(Client.id).where(Client.id.in_(clients)).order_by(Client.id).with_for_update()).all()
    return {reminder.document_id: reminder for reminder in reminders}


def _choose(
    session: Session,
    campaign: Campaign,
    line: CampaignLine,
    reminder: Reminder,
    channel: Channel | None,
    left_out: frozenset[int],
    overdue: Mapping[int, OverdueStanding],
) -> None:
    for entry in reminder.lines:
        standing = overdue.get(entry.invoice_id)
        still_due = standing is not None and standing.due == entry.level
        if channel is not None:
            entry.chosen = entry.invoice_id not in left_out and still_due
        elif line.preselected:
            entry.chosen = False  # a person took the client out; who was only offered stays undecided
        if entry.chosen and campaign.purpose == REAL:
            entry.round = 1 + _rounds(session, entry)
    kept = [entry.level for entry in reminder.lines if entry.chosen]
    line.chosen = bool(kept)
    if kept and channel is not None:
        reminder.channel, reminder.level = channel, max(kept)


def _rounds(session: Session, entry: ReminderLine) -> int:
    query = select(func.max(ReminderLine.round)).where(
        ReminderLine.invoice_id == entry.invoice_id, ReminderLine.level == entry.level
    )
    return session.scalar(query) or 0


def _recipients(reminder: Reminder, overdue: Mapping[int, OverdueStanding]) -> Recipients:
    return overdue[next(entry.invoice_id for entry in reminder.lines if entry.chosen)].recipients
