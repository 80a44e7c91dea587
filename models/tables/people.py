"""Residents, their guardians, and clients."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Key
from models.tables.organisation import Structure
from models.tables.postal import HasPostalAddress
from models.values.kinds import ClientKind, RecipientPolicy
from models.values.people import full_name


class Guardian(HasPostalAddress, Base):
    """A tuteur, curateur, MJPM or relative who receives invoices for one or many residents."""

    __tablename__ = "guardians"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60), unique=True)
    last_name: Mapped[str] = mapped_column(String(120))
    first_name: Mapped[str] = mapped_column(String(120), default="")
    organisation: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")

    @property
    def full_name(self) -> str:
        return full_name(self.last_name, self.first_name)


class Resident(HasPostalAddress, Base):
    """A person whom a structure houses or serves, with up to two addresses: the own one and the guardian's."""

    __tablename__ = "residents"
    __table_args__ = (UniqueConstraint("structure_id", "code"),)

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    code: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(20), default="")
    last_name: Mapped[str] = mapped_column(String(120))
    first_name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardians.id"), index=True)
    recipients: Mapped[RecipientPolicy] = mapped_column(String(10), default=RecipientPolicy.ALL)
    left_on: Mapped[date | None]

    structure: Mapped[Structure] = relationship()
    guardian: Mapped[Guardian | None] = relationship()

    @property
    def full_name(self) -> str:
        return full_name(self.last_name, self.first_name)


class Client(HasPostalAddress, Base):
    """The debtor of commercial invoices of a structure, with one address."""

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("structure_id", "code"),)

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ClientKind] = mapped_column(String(20), default=ClientKind.PROFESSIONAL)
    email: Mapped[str] = mapped_column(String(254), default="")
    reminders_suspended_until: Mapped[date | None]
    suspension_reason: Mapped[str] = mapped_column(String(300), default="")

    structure: Mapped[Structure] = relationship()
