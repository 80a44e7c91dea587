"""Reminders: one paper to one client, for the overdue invoices that it names, each at its own level."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Key, Money
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.people import Client
from models.values.kinds import Channel


class Reminder(Base):
    """What a document of kind ``reminder`` says. ``level`` is its tone: the highest level of its lines.

    ``channel`` is empty until somebody, or an unattended run, has chosen it: until then the reminder is only a draft.
    """

    __tablename__ = "reminders"

    id: Mapped[Key]
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    reference_date: Mapped[date]
    level: Mapped[int]
    channel: Mapped[str] = mapped_column(String(10), default="")

    document: Mapped[Document] = relationship()
    client: Mapped[Client] = relationship()
    lines: Mapped[list[ReminderLine]] = relationship(
        back_populates="reminder", order_by="ReminderLine.id", cascade="all, delete-orphan"
    )


class ReminderLine(Base):
    """One invoice on a reminder; ``balance`` is what was still to be paid when it was shown, in euros.

    ``chosen`` is None until the selection is stored. ``round`` counts the chosen reminders of this invoice at this
    level, from 1: the unique key keeps two runs from reminding of it at once. ``dropped`` says why the invoice is not
    on the paper after all (``paid``, ``disputed``, ``suspended`` ...): then it was not reminded of.
    """

    __tablename__ = "reminder_lines"
    __table_args__ = (UniqueConstraint("reminder_id", "invoice_id"), UniqueConstraint("invoice_id", "level", "round"))

    id: Mapped[Key]
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminders.id", ondelete="CASCADE"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    level: Mapped[int]
    balance: Mapped[Money]
    chosen: Mapped[bool | None]
    round: Mapped[int | None]
    dropped: Mapped[str] = mapped_column(String(20), default="")

    reminder: Mapped[Reminder] = relationship(back_populates="lines")
    invoice: Mapped[Invoice] = relationship()


class ReminderPolicy(Base):
    """When an association reminds; ``minimum_balance`` in euros. Balances older than ``fresh_days`` are not trusted."""

    __tablename__ = "reminder_policies"

    id: Mapped[Key]
    association_id: Mapped[int] = mapped_column(ForeignKey("associations.id"), unique=True)
    minimum_balance: Mapped[Money]
    fresh_days: Mapped[int]

    levels: Mapped[list[ReminderLevel]] = relationship(order_by="ReminderLevel.level", cascade="all, delete-orphan")


class ReminderLevel(Base):
    """One level of a policy: days overdue and days since the last reminder before it is due, and days to pay after it.

    ``channel`` is how reminders of this level usually go.
    """

    __tablename__ = "reminder_levels"
    __table_args__ = (UniqueConstraint("policy_id", "level"),)

    id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey("reminder_policies.id", ondelete="CASCADE"))
    level: Mapped[int]
    days_overdue: Mapped[int]
    interval_days: Mapped[int]
    answer_days: Mapped[int]
    channel: Mapped[Channel] = mapped_column(String(10))
