"""The payment reminders to clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.reading.overdue import OverdueStanding, read_overdue
from models.reading.reminder_sources import note_dropped, read_reminder_source
from models.reading.standings import DeliveryStanding, Standing
from models.tables.document import Document
from models.tables.organisation import Structure
from models.tables.people import Client
from models.tables.reminder import Reminder
from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from models.values.kinds import REMINDER
from models.values.paper import Issuer
from models.values.reminder_paper import LEVEL_NAMES
from models.values.sources import ReminderSource
from tasks.composing.reminders import write_reminder
from tasks.documents.mail_parts import MailText
from tasks.documents.preview import example_reminder
from tasks.documents.print_file import Drawing
from tasks.documents.reminder_mail import reminder_mail
from tasks.documents.reminder_pdf import draw_reminder
from tasks.documents.reminder_wording import ConsumerTermsError, check_reminder_wording, reminder_text
from tasks.french.labels import NOT_DUE
from tasks.french.moments import paris_day
from tasks.kinds.kind import LETTERS, Kind, PrintNames, Undocumented, WordingKind

TEXT_UNFIT = "Pour {structure} ({code}), {error}. Puis lancez « editer-les-courriers », documents « relances »."


def _overdue(session: Session, campaign: CampaignReference) -> list[Standing]:
    """Every overdue invoice of the campaign's day, as the pages count documents."""
    assert campaign.reference_date is not None
    return [
        Standing(
            document_id=standing.last.document_id if standing.last else None,
            subject_id=standing.invoice_id,
            structure_code=standing.structure_code,
            structure_name=standing.structure_name,
            name=standing.client_name,
            number=standing.number,
            total_excl_tax=standing.balance,
            total_incl_tax=standing.total_incl_tax,
            recipients=standing.recipients,
            version=1,
            coverage=standing.coverage,
            sent_at=max((d.accepted_at for d in _mails(standing) if d.accepted_at), default=None),
            printed_at=standing.last.printed_at if standing.last else None,
            imported_printed_on=None,
            deliveries=_mails(standing),
            reason=NOT_DUE.get(standing.reason, ""),
        )
        for standing in read_overdue(session, campaign.reference_date, campaign.structures)
    ]


def _mails(standing: OverdueStanding) -> tuple[DeliveryStanding, ...]:
    return standing.last.deliveries if standing.last else ()


def _nobody(_session: Session, _campaign: CampaignReference) -> list[Undocumented]:
    return []


def _labels(session: Session, documents: Collection[int]) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        select(
            Document.id, Structure.code, Reminder.level, func.coalesce(func.nullif(Document.left_as, ""), Client.name)
        )
        .join(Reminder, Reminder.document_id == Document.id)
        .join(Client, Reminder.client_id == Client.id)
        .join(Structure, Client.structure_id == Structure.id)
        .where(Document.id.in_(documents))
    ).tuples()
    return {document: (code, f"{client} · {LEVEL_NAMES[level]}") for document, code, level, client in rows}


def _content(source: ReminderSource, _archive: Path) -> Drawing | str | Refusal:
    try:
        text = reminder_text(*source.wording, source.paper)
    except ConsumerTermsError as error:
        return Refusal(TEXT_UNFIT.format(structure=source.structure, code=source.structure_code, error=error))
    return partial(draw_reminder, paper=source.paper, text=text)


def _print_names(_month: str, at: datetime, sources: Sequence[ReminderSource]) -> PrintNames:
    days = sorted({source.paper.dated for source in sources})
    title = f"Relances du {' au '.join(dict.fromkeys(map(paris_day, (days[0], days[-1]))))}" if days else "Relances"
    return PrintNames(
        stem=f"courriers-relances-{at:%Y-%m-%d-%H%M}",
        key=f"{LETTERS}-relances-{at:%Y-%m-%d}",
        title=title,
        nothing="Aucune relance à imprimer.",
    )


def _shows_all(parameters: Mapping[str, Any]) -> bool:
    """A campaign of the higher levels alone never showed the others."""
    return int(parameters.get("niveau_minimum", 1)) <= 1


def _wording(level: int) -> WordingKind:
    def example(subject: str, body: str, issuer: Issuer, today: date) -> MailText:
        return reminder_mail(subject, body, example_reminder(issuer, level, today), copies=False)

    return WordingKind(f"reminder-{level}", LEVEL_NAMES[level], check_reminder_wording, example)


REMINDERS = Kind(
    name=REMINDER,
    key="relances",
    one="relance",
    many="relances",
    debtor="client",
    debtors="clients",
    of_when="du &periode",
    for_when="au &periode",
    covered_one="facture échue",
    covered_many="factures échues",
    covered_when="au &periode",
    campaign="campagne de relances",
    flow="relances",
    to_print="« relances » en mode courrier",
    date=lambda campaign: str(campaign.reference_date),
    when=lambda campaign: paris_day(campaign.reference_date),
    standings=_overdue,
    undocumented=_nobody,
    labels=_labels,
    read_source=read_reminder_source,
    note_dropped=note_dropped,
    shows_all=_shows_all,
    write=write_reminder,
    content=_content,
    print_names=_print_names,
    wordings=tuple(_wording(level) for level in LEVEL_NAMES),
    relay_suffix="-relances",
)
