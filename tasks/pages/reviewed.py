"""Who reviewed a campaign, what was taken out or added, and what has changed since: read from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.campaign_lines import read_lines
from models.reading.standings import Standing
from models.rules.changes import Change, ChangedLine, Fact, Shown, changes
from models.rules.recipients import NoAddress, normalise
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign, CampaignLine
from models.tables.delivery import Delivery
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from settings.ledger import reading_ledger
from tasks.french.moments import paris_moment
from tasks.kinds.registry import kind_named
from tasks.pages.changes import changed_rows

_ADDRESSES = (Fact.RESIDENT_ADDRESS, Fact.GUARDIAN_ADDRESS, Fact.CLIENT_ADDRESS)


@dataclass(frozen=True, slots=True)
class Review:
    """How a campaign came to be chosen, in the words of a page.

    ``at`` is empty when nothing was chosen yet, ``by`` when nobody was asked. ``removed``, ``added`` and ``left_out``
    (single invoices of a reminder) are names with numbers; ``changed`` is what was no longer so when this was read.
    """

    by: str
    at: str
    reason: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: list[dict[str, object]]


def read_review(campaign: CampaignReference) -> Review:
    """The review of a campaign."""
    with reading_ledger() as session:
        stored = session.get_one(Campaign, campaign.campaign_id)
        lines = read_lines(session, stored.id)
        reviewed = bool(stored.chosen_by)
        channels = _channels(session, lines)
        return Review(
            by=stored.chosen_by,
            at=paris_moment(stored.chosen_at),
            reason=stored.reason,
            removed=tuple(_named(line) for line in lines if reviewed and _was_removed(stored, line)),
            added=tuple(_named(line) for line in lines if reviewed and _was_added(line, channels)),
            left_out=_left_out(session, lines) if reviewed else (),
            changed=changed_rows(_changed(session, campaign, lines) if reviewed else ()),
        )


def _was_removed(campaign: Campaign, line: CampaignLine) -> bool:
    """What had lost its addresses, or was paid, was not there to be taken out."""
    offered = line.shown["invoices"] if "invoices" in line.shown else line.shown["addresses"]
    return bool(offered) and not line.chosen and (line.preselected or campaign.mode == Channel.LETTER)


def _was_added(line: CampaignLine, channels: Mapping[int, str]) -> bool:
    return bool(line.chosen) and not line.preselected and channels.get(line.document_id) != Channel.LETTER


def _named(line: CampaignLine) -> str:
    return f"{line.shown['name']} · {line.shown['number']}"


def _channels(session: Session, lines: Sequence[CampaignLine]) -> dict[int, str]:
    documents = [line.document_id for line in lines]
    query = select(Reminder.document_id, Reminder.channel).where(Reminder.document_id.in_(documents))
    return dict(session.execute(query).tuples().all())


def _left_out(session: Session, lines: Sequence[CampaignLine]) -> tuple[str, ...]:
    chosen = {line.document_id: line.shown for line in lines if line.chosen and "invoices" in line.shown}
    rows = session.execute(
        select(Reminder.document_id, ReminderLine.invoice_id)
        .join(Reminder, ReminderLine.reminder_id == Reminder.id)
        .where(Reminder.document_id.in_(chosen), ReminderLine.chosen.is_(False))
        .order_by(ReminderLine.id)
    ).tuples()
    numbers = {invoice["id"]: invoice["number"] for shown in chosen.values() for invoice in shown["invoices"]}
    return tuple(f"{chosen[document]['name']} · {numbers[invoice]}" for document, invoice in rows if invoice in numbers)


def _changed(session: Session, campaign: CampaignReference, lines: Sequence[CampaignLine]) -> list[ChangedLine]:
    """What was chosen and is no longer as it was shown; an address that has had its mail is past changing."""
    chosen = [line for line in lines if line.chosen]
    standings = kind_named(campaign.kind).standings(session, campaign)
    by_document = {standing.document_id: standing for standing in standings}
    by_subject = {standing.subject_id: standing for standing in standings}
    served = _served(session, campaign)
    left_out = set(_left_out(session, lines))
    found = []
    for line in chosen:
        today = _invoices_today(line.shown, by_subject) if "invoices" in line.shown else _today(line, by_document)

        def matters(change: Change, line: CampaignLine = line) -> bool:
            if change.fact in _ADDRESSES:
                return (line.document_id, line.version, normalise(change.before)) not in served
            return f"{line.shown['name']} · {change.number}" not in left_out

        if differing := tuple(filter(matters, changes(line.shown, today))):
            found.append(ChangedLine(line.shown["name"], line.shown["number"], differing))
    return found


def _served(session: Session, campaign: CampaignReference) -> set[tuple[int, int, str]]:
    rows = session.execute(
        select(Delivery.document_id, Delivery.version, Delivery.address)
        .join(CampaignLine, CampaignLine.document_id == Delivery.document_id)
        .where(
            CampaignLine.campaign_id == campaign.campaign_id,
            Delivery.purpose == campaign.purpose,
            Delivery.state == DeliveryState.ACCEPTED,
        )
    ).tuples()
    return set(rows)


def _today(line: CampaignLine, standings: Mapping[int | None, Standing]) -> Shown:
    standing = standings.get(line.document_id)
    if standing is None:
        return {**line.shown, "addresses": []}
    amount = "" if standing.total_excl_tax is None else str(standing.total_excl_tax)
    return {"addresses": _addresses(standing), "guardian": standing.guardian, "amount": amount}


def _invoices_today(shown: Shown, standings: Mapping[int, Standing]) -> Shown:
    due = [standings[invoice["id"]] for invoice in shown["invoices"] if invoice["id"] in standings]
    return {
        "addresses": _addresses(due[0]) if due else shown["addresses"],
        "invoices": [{"id": standing.subject_id, "balance": str(standing.total_excl_tax)} for standing in due],
    }


def _addresses(standing: Standing) -> list[list[Any]]:
    if isinstance(standing.recipients, NoAddress):
        return []
    return [[recipient.role.value, recipient.address] for recipient in standing.recipients]
