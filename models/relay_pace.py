"""The pace of an SMTP account, shared by all processes and machines through one row."""

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment, UtcTime


class RelayPace(Base):
    """When the next message may go, and how many went today.

    ``next_at`` is the earliest moment of the next message. ``day`` and ``sent`` count towards the daily quota.
    ``delayed_until`` is set while the relay backs off after a fault of its own; ``faults`` counts these in a row.
    """

    __tablename__ = "relay_paces"

    account: Mapped[str] = mapped_column(String(400), primary_key=True)
    next_at: Mapped[Moment]
    day: Mapped[date]
    sent: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0)
    delayed_until: Mapped[datetime | None] = mapped_column(UtcTime())
