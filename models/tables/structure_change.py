"""What was changed on a structure's settings and texts, by whom and when."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Key, Moment


class StructureChange(Base):
    """One field of a structure, or one of its texts (``invoice.body``), before and after a change."""

    __tablename__ = "structure_changes"

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    changed_at: Mapped[Moment]
    initials: Mapped[str] = mapped_column(String(60))
    field: Mapped[str] = mapped_column(String(60))
    before: Mapped[str]
    after: Mapped[str]
    flow_run_id: Mapped[str] = mapped_column(String(36), default="")
