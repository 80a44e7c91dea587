"""Documents, their versions, and their printings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Key, Moment, UtcTime
from models.tables.invoice import Invoice


class Document(Base):
    """A paper to one resident or client that can be mailed or printed.

    ``kind`` is the name of a kind of mailing. An invoice is a document of its own (``invoice_id``); what a kind sends
    to the residents of a month without a table of its own has ``resident_id`` and ``period``. ``settled_as`` is the
    class in which it was settled (``mailed``, ``printed``), empty while it is not: what changes later reopens it no
    more. ``left_as`` is the name that it left under, once the person behind the code has another one; else empty.
    """

    __tablename__ = "documents"
    __table_args__ = (Index("uq_documents_resident", "kind", "resident_id", "period", unique=True),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), unique=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"), index=True)
    period: Mapped[str | None] = mapped_column(String(7), index=True)
    settled_as: Mapped[str] = mapped_column(String(10), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime())
    left_as: Mapped[str] = mapped_column(String(250), default="")

    invoice: Mapped[Invoice | None] = relationship()


class Version(Base):
    """One sending of a document. The first has no reason; each later one was wanted by a person, once per flow run.

    ``made_for`` are the roles of those whom it was made for; empty: all of the document's recipients.
    """

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("document_id", "number", "purpose"),
        UniqueConstraint("document_id", "flow_run_id", "purpose"),
    )

    id: Mapped[Key]
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(50))
    flow_run_id: Mapped[str] = mapped_column(String(36))
    reason: Mapped[str] = mapped_column(String(300), default="")
    made_for: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[Moment]


class Printing(Base):
    """A document that was put into a file to print. ``printed_at`` is the date that the screens show."""

    __tablename__ = "printings"
    __table_args__ = (UniqueConstraint("document_id", "version", "file_name"),)

    id: Mapped[Key]
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    version: Mapped[int]
    printed_at: Mapped[Moment]
    file_name: Mapped[str] = mapped_column(String(200))
    flow_run_id: Mapped[str] = mapped_column(String(36), default="")
