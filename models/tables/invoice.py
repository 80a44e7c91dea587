"""Invoices: contributions of residents, and commercial invoices of clients."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Exact, Key, Money
from models.tables.organisation import Structure
from models.tables.people import Client, Resident


class Invoice(Base):
    """One invoice as the billing software exported it; amounts in euros.

    It belongs to a resident (then it has a ``period``, "2024-09") or to a client, never to both. ``balance`` is what
    is still to be paid. ``pdf_key`` names the imported PDF in the archive; empty: Facteur draws the invoice.
    ``imported_printed_on`` is the printing date that an import brought; it is shown, and changes no class.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("structure_id", "number"),
        CheckConstraint("(resident_id IS NULL) <> (client_id IS NULL)", name="one_debtor"),
        Index("ix_invoices_period", "period", "structure_id"),
    )

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    number: Mapped[str] = mapped_column(String(60))
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"), index=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"), index=True)
    period: Mapped[str | None] = mapped_column(String(7))
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    total_excl_tax: Mapped[Money]
    vat: Mapped[Money]
    total_incl_tax: Mapped[Money]
    balance: Mapped[Money]
    pdf_key: Mapped[str] = mapped_column(String(80), default="")
    imported_printed_on: Mapped[date | None]
    disputed: Mapped[bool] = mapped_column(default=False)

    structure: Mapped[Structure] = relationship()
    resident: Mapped[Resident | None] = relationship()
    client: Mapped[Client | None] = relationship()
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", order_by="InvoiceLine.position", cascade="all, delete-orphan"
    )


class InvoiceLine(Base):
    """One line of an invoice; amounts in euros, excluding tax."""

    __tablename__ = "invoice_lines"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[Key]
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(500))
    quantity: Mapped[Decimal | None] = mapped_column(Exact(12, 3))
    unit_price: Mapped[Decimal | None] = mapped_column(Exact(14, 4))
    amount: Mapped[Money]

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
