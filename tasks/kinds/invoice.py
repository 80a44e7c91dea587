"""The monthly invoices of the residents."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.standings import Standing, read_standings
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.campaign import CampaignReference
from models.values.people import alphabetical, full_name
from tasks.french.moments import month_label
from tasks.kinds.kind import Kind, Undocumented


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
