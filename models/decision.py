"""What a person decided about an uncertain delivery: who, when, why, and what was shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, String, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Moment, UtcTime


class Settlement(StrEnum):
    """What becomes of an uncertain delivery."""

    ARRIVED = "arrived"
    RESEND = "resend"
    WITHDRAW = "withdraw"


class Decision(Base):
    """One uncertain delivery in one run that asked about it.

    The row is made when the question is asked: ``shown`` is the entry of the form, ``page`` the id of the artifact with
    the evidence. ``taken_at`` is empty until the answer is stored; from then on the run never asks again. ``choice`` is
    a Settlement, or empty when the delivery was left as it was.
    """

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("delivery_id", "flow_run_id"),)

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    flow_run_id: Mapped[str] = mapped_column(String(36), index=True)
    asked_at: Mapped[Moment]
    shown: Mapped[str] = mapped_column(String(600))
    page: Mapped[str] = mapped_column(String(36), default="")
    taken_at: Mapped[datetime | None] = mapped_column(UtcTime())
    initials: Mapped[str] = mapped_column(String(60), default="")
    choice: Mapped[str] = mapped_column(String(12), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")


def resend_was_decided(connection: Connection, delivery_id: int) -> bool:
    """Whether a person wanted this delivery's archived bytes to leave again, whatever its source says by now.

    The first copy may have arrived: other content under the same Message-ID would be a second, different original.
    """
    decided = exists().where(Decision.delivery_id == delivery_id, Decision.choice == Settlement.RESEND)
    return bool(connection.scalar(select(decided)))
