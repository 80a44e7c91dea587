"""What a person decided about an uncertain delivery: who, when, why, and what was shown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Key, Moment, UtcTime


class Decision(Base):
    """One uncertain delivery in one run that asked about it.

    The row is made when the question is asked: ``shown`` is the entry of the form, ``page`` the id of the artifact with
    the evidence. ``taken_at`` is empty until the answer is stored; from then on the run never asks again. ``choice`` is
    a Settlement, or empty when the delivery was left as it was; ``obstacle`` is then an Obstacle when something stood
    in the way of what was answered.
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
    obstacle: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
