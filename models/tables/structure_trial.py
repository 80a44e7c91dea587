"""Trial mails of a structure: who asked for one, to which address, and how far it came."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Key, Moment
from models.values.kinds import TrialState


class StructureTrial(Base):
    """The one trial of a flow run; ``sentence`` says in French what became of it, empty until it ended."""

    __tablename__ = "structure_trials"

    id: Mapped[Key]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    flow_run_id: Mapped[str] = mapped_column(String(36), unique=True)
    asked_at: Mapped[Moment]
    initials: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(254))
    state: Mapped[TrialState] = mapped_column(String(10), default=TrialState.ASKED)
    sentence: Mapped[str] = mapped_column(default="")
