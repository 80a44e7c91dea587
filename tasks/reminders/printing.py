"""The letters of a reminder campaign: one file to print, made in the campaign's own run."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.database.session import reading
from models.tables.campaign import Campaign, CampaignLine
from models.tables.document import Printing
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import REAL, CampaignReference
from models.values.ending import Ending
from models.values.kinds import Channel
from settings.load import Settings, load_settings
from tasks.kinds.kind import LETTERS
from tasks.kinds.reminder import REMINDERS
from tasks.pages.publishing import publish
from tasks.printing.batch import Batch, Letter
from tasks.printing.letters import read_letters
from tasks.printing.once import print_once, recorded_file

NOTHING = "Aucun courrier de cette campagne n'est plus à imprimer."
STILL_TO_PRINT = "À imprimer encore : {listed}. Lancez « editer-les-courriers », documents « relances »."


def print_chosen(campaign: CampaignReference) -> Ending | None:
    """Make one file of the campaign's letters that are not printed yet, and publish what it holds.

    None when nothing was chosen as a letter, or the campaign is a trial. A run that is started again makes no second
    file, and tells of the first.
    """
    printed = print_campaign(campaign)
    if printed is None:
        return None
    if printed.page:
        publish(campaign, LETTERS, "Courriers à imprimer", printed.page)
    return printed


def print_campaign(campaign: CampaignReference) -> Ending | None:
    """What ``print_chosen`` does, without publishing it."""
    if campaign.purpose != REAL:
        return None
    settings = load_settings()
    with reading(settings.database) as session:
        flow_run_id = session.get_one(Campaign, campaign.campaign_id).flow_run_id
        if not _chosen(session, campaign):
            return None
    started_again = bool(recorded_file(settings, flow_run_id))
    printed = print_once(flow_run_id, lambda settings: _choose(settings, campaign))
    return _remind_of_the_rest(settings, campaign, printed) if started_again else printed


def _choose(settings: Settings, campaign: CampaignReference) -> Batch:
    with reading(settings.database) as session:
        now = utc_now()
        return Batch(REMINDERS, "", now, _unprinted(session, campaign), nothing=NOTHING)


def _remind_of_the_rest(settings: Settings, campaign: CampaignReference, printed: Ending) -> Ending:
    """A run that is started again prints nothing more: what it had to leave out before has to be told again."""
    with reading(settings.database) as session:
        rest = [letter for letter in _unprinted(session, campaign) if not letter.source.is_empty]
    if not rest:
        return printed
    listed = ", ".join(f"{letter.number} ({letter.name})" for letter in rest)
    return replace(printed, failed=True, sentence=f"{printed.sentence} {STILL_TO_PRINT.format(listed=listed)}")


def _chosen(session: Session, campaign: CampaignReference) -> list[int]:
    """The documents of the campaign that were chosen as letters."""
    query = (
        select(Reminder.document_id)
        .join(CampaignLine, CampaignLine.document_id == Reminder.document_id)
        .where(
            CampaignLine.campaign_id == campaign.campaign_id,
            CampaignLine.chosen.is_(True),
            Reminder.channel == Channel.LETTER,
        )
    )
    return list(session.scalars(query))


def _unprinted(session: Session, campaign: CampaignReference) -> tuple[Letter, ...]:
    """Without those of which nothing was left to claim: another reminder may have named their invoices since."""
    chosen = _chosen(session, campaign)
    printed = set(session.scalars(select(Printing.document_id).where(Printing.document_id.in_(chosen))))
    standing = set(
        session.scalars(
            select(Reminder.document_id)
            .join(ReminderLine, ReminderLine.reminder_id == Reminder.id)
            .where(Reminder.document_id.in_(chosen), ReminderLine.round.is_not(None), ReminderLine.dropped == "")
        )
    )
    return read_letters(session, REMINDERS, {document: 1 for document in chosen if document in standing - printed})
