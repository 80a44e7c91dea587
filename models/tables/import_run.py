"""What was imported, and when: the freshness of balances is judged by it."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Key, Moment


class ImportRun(Base):
    """One accepted import of a folder."""

    __tablename__ = "import_runs"

    id: Mapped[Key]
    imported_at: Mapped[Moment]
    source: Mapped[str] = mapped_column(String(500))
    with_balances: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
