"""What the checks need to know of the ledger, read at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.reading.invoice_sources import debtor_name, recipients_of
from models.reading.served import read_served
from models.rules.recipients import NoAddress, Recipient, Role
from models.tables.delivery import Delivery
from models.tables.import_run import ImportRun
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.campaign import REAL
from models.values.period import Period


@dataclass(frozen=True, slots=True)
class Facility:
    """A structure. ``texts`` are (kind, subject, body); ``bills`` tells whether it has any invoice."""

    code: str
    name: str
    association: str
    sender_name: str
    sender_email: str
    reply_to: str
    texts: tuple[tuple[str, str, str], ...]
    bills: bool


@dataclass(frozen=True, slots=True)
class Mailing:
    """One invoice of the next campaign, with the addresses that it goes to."""

    structure: str
    resident_id: int
    name: str
    number: str
    pdf_key: str
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """``mailings`` are of the latest month with invoices, this one at most; ``period`` is None when there is none.

    ``served`` holds every address that took a real mail, normalised; ``former`` the last such address of each
    (resident, role). ``unknown`` are codes that no structure has.
    """

    facilities: tuple[Facility, ...] = ()
    unknown: tuple[str, ...] = ()
    period: Period | None = None
    mailings: tuple[Mailing, ...] = ()
    served: frozenset[str] = frozenset()
    former: dict[tuple[int, Role], str] = field(default_factory=dict)
    imported_at: datetime | None = None


def read_facts(session: Session, structures: Collection[str], today: date) -> Facts:
    """The facts of the named structures, or of all; ``today`` is the day in Paris."""
    every = session.scalars(
        select(Structure)
        .options(joinedload(Structure.association), selectinload(Structure.wordings))
        .order_by(Structure.code)
    ).all()
    chosen = [structure for structure in every if not structures or structure.code in structures]
    billing = set(session.scalars(select(Invoice.structure_id).distinct()))
    ids = [structure.id for structure in chosen]
    month = session.scalar(
        select(func.max(Invoice.period)).where(
            Invoice.structure_id.in_(ids),
            Invoice.resident_id.is_not(None),
            Invoice.period <= str(Period(today.year, today.month)),
        )
    )
    return Facts(
        facilities=tuple(_facility(structure, structure.id in billing) for structure in chosen),
        unknown=tuple(sorted(set(structures) - {structure.code for structure in every})),
        period=Period.parse(month) if month else None,
        mailings=tuple(_mailings(session, month, ids)) if month else (),
        served=frozenset(
            session.scalars(
                select(Delivery.address).where(Delivery.accepted_at.is_not(None), Delivery.purpose == REAL).distinct()
            )
        ),
        former=read_served(session).residents,
        imported_at=session.scalar(select(func.max(ImportRun.imported_at))),
    )


def _facility(structure: Structure, bills: bool) -> Facility:
    return Facility(
        code=structure.code,
        name=structure.name,
        association=structure.association.name,
        sender_name=structure.sender_name or structure.name,
        sender_email=structure.sender_email,
        reply_to=structure.reply_to,
        texts=tuple((text.kind, text.subject, text.body) for text in structure.wordings),
        bills=bills,
    )


def _mailings(session: Session, month: str, structure_ids: list[int]) -> list[Mailing]:
    invoices = session.scalars(
        select(Invoice)
        .where(Invoice.period == month, Invoice.resident_id.is_not(None), Invoice.structure_id.in_(structure_ids))
        .options(joinedload(Invoice.structure), joinedload(Invoice.resident).joinedload(Resident.guardian))
        .order_by(Invoice.structure_id, Invoice.number)
    )
    found = []
    for invoice in invoices:
        recipients = recipients_of(invoice)
        if not isinstance(recipients, NoAddress):
            name, resident = debtor_name(invoice), invoice.resident_id or 0
            found.append(
                Mailing(invoice.structure.code, resident, name, invoice.number, invoice.pdf_key, tuple(recipients))
            )
    return found
