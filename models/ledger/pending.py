"""A delivery as the mailing task needs it: read as columns, once for each document."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from models.rules.states import DeliveryState
from models.tables.delivery import Delivery
from models.values.documents import DocumentReference


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """What is known of a delivery before it is claimed; the claim itself is guarded by the row."""

    id: int
    document_id: int
    version: int
    purpose: str
    address: str
    redirected_to: str
    state: DeliveryState
    fingerprint: str
    archive_key: str

    @property
    def key(self) -> str:
        """What tells this delivery from the document's others, in its Message-ID."""
        return f"{self.id}:{self.version}:{self.purpose}"


_COLUMNS = (
    Delivery.id,
    Delivery.document_id,
    Delivery.version,
    Delivery.purpose,
    Delivery.address,
    Delivery.redirected_to,
    Delivery.state,
    Delivery.fingerprint,
    Delivery.archive_key,
)
_OF_DOCUMENT = (
    select(*_COLUMNS)
    .where(
        Delivery.document_id == bindparam("document_id"),
        Delivery.version == bindparam("version"),
        Delivery.purpose == bindparam("purpose"),
    )
    .order_by(Delivery.id)
)
_ONE = select(*_COLUMNS).where(Delivery.id == bindparam("key"))


def read_pending(connection: Connection, document: DocumentReference) -> list[PendingDelivery]:
    """The deliveries of one version of a document, whatever their state."""
    key = {"document_id": document.document_id, "version": document.version, "purpose": document.purpose}
    return [_pending(*row) for row in connection.execute(_OF_DOCUMENT, key).tuples()]


def read_again(connection: Connection, delivery_id: int) -> PendingDelivery:
    """One delivery as it stands now."""
    return _pending(*connection.execute(_ONE, {"key": delivery_id}).tuples().one())


def _pending(
    key: int,
    document_id: int,
    version: int,
    purpose: str,
    address: str,
    redirected_to: str,
    state: str,
    fingerprint: str,
    archive_key: str,
) -> PendingDelivery:
    return PendingDelivery(
        key, document_id, version, purpose, address, redirected_to, DeliveryState(state), fingerprint, archive_key
    )
