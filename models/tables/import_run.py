"""What was imported, when, and what a person took: the freshness of balances is judged by it."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.rules.recipients import Role
from models.tables.base import Base, Key, Moment
from models.tables.organisation import Structure


class ImportRun(Base):
    """One accepted import of a folder.

    ``dangerous`` counts the changes that a person had to take, ``initials`` says who did, and ``digest`` names the
    bytes and the changes that were shown.
    """

    __tablename__ = "import_runs"

    id: Mapped[Key]
    imported_at: Mapped[Moment]
    source: Mapped[str] = mapped_column(String(500))
    with_balances: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    initials: Mapped[str] = mapped_column(String(60), default="")
    dangerous: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")


class AddressAlert(Base):
    """An import that changed many addresses of a structure: the next campaign waits for a person.

    ``changed`` of ``total`` addresses were replaced, each counted once for every resident (``role`` is ``resident``) or
    client that it serves.
    """

    __tablename__ = "address_alerts"

    id: Mapped[Key]
    import_run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id"), index=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    role: Mapped[Role] = mapped_column(String(20))
    changed: Mapped[int]
    total: Mapped[int]

    import_run: Mapped[ImportRun] = relationship()
    structure: Mapped[Structure] = relationship()
