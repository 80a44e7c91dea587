"""What is particular to one kind of campaign: its words, its documents, and how a date names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.overdue import OverdueStanding, read_overdue
from models.reading.standings import DeliveryStanding, Standing, read_standings
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.kinds import DocumentKind
from models.values.people import alphabetical, full_name
from models.values.period import Period
from tasks.documents.french import period_label
from tasks.documents.wording import fill
from tasks.labels import NOT_DUE
from tasks.moments import paris_day
from tasks.planning import CampaignReference


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Somebody for whom there is no document this time."""

    structure: str
    name: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of campaign, as the pages speak of it.

    ``one`` and ``many`` name the document; both are feminine, and participles agree with them. ``date`` is what the
    artifacts' keys hold (``2024-09``), ``when`` what a clerk reads ("septembre 2024"); ``of_when`` and ``for_when`` put
    it into a sentence. ``campaign`` names the sending, ``flow`` is what sends it and ``to_print`` what
    prints the rest. ``covered_one`` and ``covered_many``
    name what the coverage counts, at ``covered_when``. ``standings`` reads where each document stands,
    ``undocumented`` who has none.
    """

    key: str
    one: str
    many: str
    debtor: str
    debtors: str
    of_when: str
    for_when: str
    date: Callable[[CampaignReference], str]
    when: Callable[[CampaignReference], str]
    standings: Callable[[Session, CampaignReference], list[Standing]]
    undocumented: Callable[[Session, CampaignReference], list[Undocumented]]
    covered_one: str = "facture"
    covered_many: str = "factures"
    covered_when: str = "de &periode"
    campaign: str = "campagne"
    flow: str = "factures-mensuelles"
    to_print: str = "« editer-les-courriers »"

    def of(self, when: str) -> str:
        """``de septembre 2024``, ``d'août 2024``."""
        return fill(self.of_when, {"periode": when})

    def covered(self, when: str) -> str:
        """``de septembre 2024``, ``au 15/11/2024``: the day or month that the coverage is of."""
        return fill(self.covered_when, {"periode": when})

    def for_(self, when: str) -> str:
        """``pour septembre 2024``."""
        return fill(self.for_when, {"periode": when})


def month_label(period: str) -> str:
    """``septembre 2024`` for ``2024-09``; what is no month stays as it is."""
    month = Period.parse(period)
    return period_label(month) if month else period


def _invoices(session: Session, campaign: CampaignReference) -> list[Standing]:
    return read_standings(session, campaign.period, campaign.structures)


def _without_invoice(session: Session, campaign: CampaignReference) -> list[Undocumented]:
    billed = select(Invoice.resident_id).where(Invoice.period == campaign.period, Invoice.resident_id.is_not(None))
    query = (
        select(Structure.name, Resident.last_name, Resident.first_name)
        .join(Structure, Resident.structure_id == Structure.id)
        .where(Resident.left_on.is_(None), Resident.id.not_in(billed))
    )
    if campaign.structures:
        query = query.where(Structure.code.in_(campaign.structures))
    found = [Undocumented(structure, full_name(*names)) for structure, *names in session.execute(query).tuples()]
    return sorted(found, key=lambda row: (alphabetical(row.structure), alphabetical(row.name)))


INVOICES = Kind(
    key="factures",
    one="facture",
    many="factures",
    debtor="résident",
    debtors="résidents",
    of_when="de &periode",
    for_when="pour &periode",
    date=lambda campaign: campaign.period,
    when=lambda campaign: month_label(campaign.period),
    standings=_invoices,
    undocumented=_without_invoice,
)


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


def kind_of(campaign: CampaignReference) -> Kind:
    """The kind of a campaign."""
    return REMINDERS if campaign.kind is DocumentKind.REMINDER else INVOICES
