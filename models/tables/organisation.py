"""Associations, their structures, and the texts of a structure's mails."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.tables.base import Base, Key
from models.tables.postal import HasPostalAddress


class Association(Base):
    """The legal owner of structures; ``code`` names its SMTP block (``smtp-<code>``): ``[a-z0-9-]`` only."""

    __tablename__ = "associations"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)


class Structure(HasPostalAddress, Base):
    """A facility: it bills, it has the sender and the texts. ``footer`` stands below every mail's text."""

    __tablename__ = "structures"

    id: Mapped[Key]
    association_id: Mapped[int] = mapped_column(ForeignKey("associations.id"))
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    siret: Mapped[str] = mapped_column(String(14), default="")
    finess: Mapped[str] = mapped_column(String(9), default="")
    iban: Mapped[str] = mapped_column(String(34), default="")
    bic: Mapped[str] = mapped_column(String(11), default="")
    vat_mention: Mapped[str] = mapped_column(String(300), default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    sender_email: Mapped[str] = mapped_column(String(254), default="")
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    footer: Mapped[str] = mapped_column(String(500), default="")

    association: Mapped[Association] = relationship()
    wordings: Mapped[list[Wording]] = relationship(back_populates="structure", order_by="Wording.kind")


class Wording(Base):
    """Subject and body of one kind of mail of a structure, as a clerk wrote them, with keywords (``&personne``).

    ``kind`` is ``invoice``, or ``reminder-1`` to ``reminder-3``. Where no row exists, the default text serves.
    """

    __tablename__ = "wordings"
    __table_args__ = (UniqueConstraint("structure_id", "kind"),)

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(default="")

    structure: Mapped[Structure] = relationship(back_populates="wordings")
