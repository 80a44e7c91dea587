"""The pace of an SMTP account, shared by all processes and machines through one row."""

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment


class RelayPace(Base):
    """When the next message of an account may go, and how many went on ``day``.

    ``next_at`` is the earliest moment of the next message; a fault of the relay pushes it away.
    """

    __tablename__ = "relay_paces"

    account: Mapped[str] = mapped_column(String(400), primary_key=True)
    next_at: Mapped[Moment]
    day: Mapped[date]
    sent: Mapped[int] = mapped_column(default=0)
