"""What must hold after every fault, whatever it was: read from the ledger and from the relay's own record."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection

from sqlalchemy import select

from models.database.clock import utc_now
from models.database.session import reading
from models.reading.standings import read_standings
from models.rules.states import DeliveryState
from models.tables.decision import Decision
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.values.kinds import Settlement
from tests.smtp_server.record import StoredMessage

S = DeliveryState
MAY_BE_STORED = frozenset({S.ACCEPTED, S.UNCERTAIN})
PERIOD = "2024-09"

_NUMBER = re.compile(rb'filename="Facture_2024-09_(F-[0-9a-f]+)\.pdf"')
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


def number_of(message: StoredMessage) -> str:
    """The invoice that a stored copy carries, as its attachment is named: the ledger is not asked."""
    found = _NUMBER.search(message.content)
    return found[1].decode() if found else "?"


def broken(database: str, messages: Collection[StoredMessage], *, leases_over: bool = False) -> list[str]:
    """The invariants that do not hold; ``leases_over`` when no worker lives and every lease has ended."""
    with reading(database) as session:
        rows = session.execute(
            select(Delivery, Invoice.number)
            .join(Document, Delivery.document_id == Document.id)
            .join(Invoice, Document.invoice_id == Invoice.id)
        ).tuples()
        deliveries = [(delivery, number) for delivery, number in rows]
        decided = Counter(
            session.scalars(select(Decision.delivery_id).where(Decision.choice == Settlement.RESEND)).all()
        )
        open_attempts = set(session.scalars(select(Attempt.delivery_id).where(Attempt.ended_at.is_(None))).all())
        standings = read_standings(session, PERIOD)
        invoices = session.query(Invoice).where(Invoice.resident_id.is_not(None)).count()
        session.expunge_all()

    stored: dict[tuple[str, str], list[StoredMessage]] = defaultdict(list)
    for message in messages:
        for recipient in message.recipients:
            stored[number_of(message), recipient].append(message)

    faults = []
    known = defaultdict(list)
    for delivery, number in deliveries:
        known[number, delivery.address].append(delivery)
    for (number, address), copies in stored.items():
        owners = known[number, address]
        allowed = len(owners) + sum(decided[owner.id] for owner in owners)
        if len(copies) > allowed:
            faults.append(f"{number} to {address}: {len(copies)} copies, {allowed} allowed")
        may_be_stored = MAY_BE_STORED if leases_over else MAY_BE_STORED | {S.HANDING_OVER}
        if not any(owner.state in may_be_stored or owner.id in decided for owner in owners):
            states = ", ".join(owner.state for owner in owners) or "unknown to the ledger"
            faults.append(f"{number} to {address}: a copy is stored, and the delivery is {states}")
    now = utc_now()
    for delivery, number in deliveries:
        who = f"{number} to {delivery.address}"
        copies = stored[number, delivery.address]
        if delivery.state == S.ACCEPTED and not copies:
            faults.append(f"{who}: accepted without a stored copy")
        for copy in copies:
            identity = _MESSAGE_ID.search(copy.content)
            if identity is None or identity[1].decode() != delivery.message_id:
                faults.append(f"{who}: the copy has another Message-ID than the ledger")
            if hashlib.sha256(copy.content).hexdigest() != delivery.archive_key:
                faults.append(f"{who}: the copy is not what was archived")
        leased = delivery.state in (S.CLAIMED, S.HANDING_OVER)
        if leased and delivery.leased_until is None:
            faults.append(f"{who}: {delivery.state} without a lease")
        if leased and leases_over:
            faults.append(f"{who}: {delivery.state} past its lease ({delivery.leased_until}, now {now})")
        if not leased and delivery.id in open_attempts:
            faults.append(f"{who}: {delivery.state}, and an attempt never ended")
    if len(standings) != invoices:
        faults.append(f"{invoices} invoices, and {len(standings)} in the coverage")
    return faults
