"""A campaign: one run for one period or date, with the lines that were shown and the lines that were chosen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Key, Moment, UtcTime
from models.values.campaign import REAL


class Campaign(Base):
    """What one flow run set out to send. ``flow_run_id`` is unique: a Retry finds its own campaign again.

    ``purpose`` is ``real``, or ``test:<flow run>`` for a trial redirected to ``redirected_to``. ``chosen_at`` is empty
    until a selection is stored; from then on the run never asks again. ``reason`` tells why documents are sent again.
    ``plan_page`` is the id of the artifact that shows the plan. ``closed_at`` is when the run came to its end and its
    pages were published; empty while it is under way, again too. Invoices have a ``period``; reminders have the
    ``reference_date`` on which they were due, and a ``mode``: the channel that it was started with, or switched to.
    """

    __tablename__ = "campaigns"

    id: Mapped[Key]
    flow_run_id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    period: Mapped[str | None] = mapped_column(String(7), index=True)
    reference_date: Mapped[date | None]
    mode: Mapped[str] = mapped_column(String(10), default="")
    structures: Mapped[list[str]] = mapped_column(JSON)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    purpose: Mapped[str] = mapped_column(String(50), default=REAL)
    redirected_to: Mapped[str] = mapped_column(String(254), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[Moment]
    chosen_at: Mapped[datetime | None] = mapped_column(UtcTime())
    chosen_by: Mapped[str] = mapped_column(String(60), default="")
    plan_page: Mapped[str] = mapped_column(String(36), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime())

    lines: Mapped[list[CampaignLine]] = relationship(back_populates="campaign", order_by="CampaignLine.position")


class CampaignLine(Base):
    """One document as the clerk saw it. ``shown`` keeps the words of the screen, not references to what may change.

    ``chosen`` is None until the selection is stored. ``version`` is the version that this campaign sends.
    """

    __tablename__ = "campaign_lines"
    __table_args__ = (UniqueConstraint("campaign_id", "document_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    position: Mapped[int]
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    preselected: Mapped[bool]
    chosen: Mapped[bool | None]
    version: Mapped[int] = mapped_column(default=1)

    campaign: Mapped[Campaign] = relationship(back_populates="lines")
