"""The payment reminders to clients."""

from __future__ import annotations

from sqlalchemy.orm import Session

from models.reading.overdue import OverdueStanding, read_overdue
from models.reading.standings import DeliveryStanding, Standing
from models.values.campaign import CampaignReference
from tasks.french.labels import NOT_DUE
from tasks.french.moments import paris_day
from tasks.kinds.kind import Kind, Undocumented


def _overdue(session: Session, campaign: CampaignReference) -> list[Standing]:
    """Every overdue invoice of the campaign's day, as the pages count documents."""
    assert campaign.reference_date is not None
    return [
        Standing(
            document_id=standing.last.document_id if standing.last else None,
            invoice_id=standing.invoice_id,
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


REMINDERS = Kind(
    key="relances",
    one="relance",
    many="relances",
    debtor="client",
    debtors="clients",
    of_when="du &periode",
    for_when="au &periode",
    date=lambda campaign: str(campaign.reference_date),
    when=lambda campaign: paris_day(campaign.reference_date),
    standings=_overdue,
    undocumented=_nobody,
    covered_one="facture échue",
    covered_many="factures échues",
    covered_when="au &periode",
    campaign="campagne de relances",
    flow="relances",
    to_print="« relances » en mode courrier",
)
