"""The ledger: one row per document and address, with the evidence of each attempt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.rules.states import DeliveryState
from models.tables.base import Base, Key, Moment, UtcTime
from models.tables.document import Document


class Delivery(Base):
    """One document to one address, in one version, for one purpose.

    ``address`` is normalised and always the real one; a trial has the address that it really goes to in
    ``redirected_to``. ``role`` tells whose address it is (``resident``, ``guardian``, ``client``, or
    ``resident+guardian`` where both have the same). ``attempt`` counts the claims and fences out a worker that lost its
    lease. ``failures`` counts the attempts that failed for the address's sake, which the retry schedule is made of.
    ``unwritten``: composing its message failed, and ``note`` says why; it stays planned. ``archive_key`` names the
    exact bytes; ``fingerprint`` is of the source that they were composed from.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("document_id", "address", "version", "purpose"),
        Index("ix_deliveries_due", "state", "not_before"),
    )

    id: Mapped[Key]
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    version: Mapped[int]
    address: Mapped[str] = mapped_column(String(254))
    purpose: Mapped[str] = mapped_column(String(50))
    redirected_to: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[str] = mapped_column(String(20))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    state: Mapped[DeliveryState] = mapped_column(String(12), default=DeliveryState.PLANNED)
    changed_at: Mapped[Moment]
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    unwritten: Mapped[bool] = mapped_column(default=False)
    not_before: Mapped[datetime | None] = mapped_column(UtcTime())
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime())
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime())
    message_id: Mapped[str] = mapped_column(String(120), default="")
    archive_key: Mapped[str] = mapped_column(String(80), default="")
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(String(600), default="")

    document: Mapped[Document] = relationship()
    attempts: Mapped[list[Attempt]] = relationship(back_populates="delivery", order_by="Attempt.number")


class Attempt(Base):
    """One try of a delivery, with what was observed. A claim makes the row; its end fills in the evidence.

    ``verdict`` is empty while the attempt is under way, and stays so when its process died.
    """

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    flow_run_id: Mapped[str] = mapped_column(String(36), default="")
    started_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime())
    relay: Mapped[str] = mapped_column(String(254), default="")
    stage: Mapped[str] = mapped_column(String(12), default="")
    code: Mapped[int | None]
    enhanced: Mapped[str] = mapped_column(String(12), default="")
    reply: Mapped[str] = mapped_column(String(600), default="")
    fault: Mapped[str] = mapped_column(String(20), default="")
    verdict: Mapped[str] = mapped_column(String(20), default="")

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")
