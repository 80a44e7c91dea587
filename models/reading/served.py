"""To whom documents have left: the last address of each person in each role, and whose documents have left at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.rules.recipients import Role
from models.rules.states import DeliveryState
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.tables.reminder import Reminder
from models.values.campaign import REAL

# A document in one of these states has left, or may have: the name on it is the one that somebody has read.
GONE = (
    DeliveryState.ACCEPTED,
    DeliveryState.UNCERTAIN,
    DeliveryState.HANDING_OVER,
    DeliveryState.CLAIMED,
)

_OWN = {
    Role.RESIDENT: (Role.RESIDENT,),
    Role.GUARDIAN: (Role.GUARDIAN,),
    Role.BOTH: (Role.RESIDENT, Role.GUARDIAN),
    Role.CLIENT: (Role.CLIENT,),
}


@dataclass(frozen=True, slots=True)
class Served:
    """``residents`` has the last address, normalised, that took a mail of (resident, role), ``clients`` of a client.

    Where the resident and the guardian had one address, both roles have it. ``left_residents`` and ``left_clients`` are
    those of whom a document has left, by mail or on paper, or may have.
    """

    residents: dict[tuple[int, Role], str] = field(default_factory=dict)
    clients: dict[int, str] = field(default_factory=dict)
    left_residents: frozenset[int] = frozenset()
    left_clients: frozenset[int] = frozenset()


def own_role(role: Role) -> Role:
    """The role to ask for the last address of: where both have one, it is the resident's."""
    return _OWN[role][0]


def read_served(session: Session) -> Served:
    """What the ledger knows of all that was really sent or printed."""
    resident = func.coalesce(Invoice.resident_id, Document.resident_id)
    client = func.coalesce(Invoice.client_id, Reminder.client_id)
    rows = session.execute(
        select(resident, client, Delivery.role, Delivery.address)
        .join(Document, Delivery.document_id == Document.id)
        .outerjoin(Invoice, Document.invoice_id == Invoice.id)
        .outerjoin(Reminder, Reminder.document_id == Document.id)
        .where(Delivery.accepted_at.is_not(None), Delivery.purpose == REAL)
        .order_by(Delivery.accepted_at, Delivery.id)
    ).tuples()
    residents: dict[tuple[int, Role], str] = {}
    clients: dict[int, str] = {}
    for resident_id, client_id, role, address in rows:
        if resident_id is not None:
            residents |= {(resident_id, own): address for own in _OWN[Role(role)]}
        elif client_id is not None:
            clients[client_id] = address
    left_residents, left_clients = _left(session)
    return Served(residents, clients, left_residents, left_clients)


def residents_of(session: Session, documents: Collection[int]) -> dict[int, int]:
    """Whose each of these documents is, of those that are a resident's."""
    resident = func.coalesce(Invoice.resident_id, Document.resident_id)
    rows = session.execute(select(Document.id, resident).outerjoin(Invoice, Document.invoice_id == Invoice.id)).tuples()
    wanted = set(documents)
    return {document: owner for document, owner in rows if document in wanted and owner is not None}


def _left(session: Session) -> tuple[frozenset[int], frozenset[int]]:
    sent = select(Delivery.document_id).where(Delivery.purpose == REAL, Delivery.state.in_(GONE))
    rows = session.execute(
        select(
            func.coalesce(Invoice.resident_id, Document.resident_id),
            func.coalesce(Invoice.client_id, Reminder.client_id),
        )
        .select_from(Document)
        .outerjoin(Invoice, Document.invoice_id == Invoice.id)
        .outerjoin(Reminder, Reminder.document_id == Document.id)
        .where(Document.id.in_(sent) | Document.id.in_(select(Printing.document_id)))
        .distinct()
    ).tuples()
    pairs = list(rows)
    return (
        frozenset(resident for resident, _ in pairs if resident is not None),
        frozenset(client for resident, client in pairs if resident is None and client is not None),
    )
