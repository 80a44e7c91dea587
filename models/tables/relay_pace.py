"""What is shared about an SMTP account by all processes and machines: its pace, its count, and its connections.

Times are seconds since 1970 by the database's clock (``models.database.clock``): the clocks of two
machines need not agree.
"""

from sqlalchemy import Double, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Key

ACCOUNT_LENGTH = 400


class RelayPace(Base):
    """When the next message of an account may go; a fault of the relay pushes it away. The row is also its lock."""

    __tablename__ = "relay_paces"

    account: Mapped[str] = mapped_column(String(ACCOUNT_LENGTH), primary_key=True)
    next_at: Mapped[float] = mapped_column(Double)


class RelayHour(Base):
    """How many turns an account took in one hour; ``hour`` counts from 1970."""

    __tablename__ = "relay_hours"

    account: Mapped[str] = mapped_column(String(ACCOUNT_LENGTH), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent: Mapped[int]


class RelayPlace(Base):
    """A place in the line for a connection of an account: the first so many that are kept have one.

    A place that nobody keeps up until ``kept_until`` is lost: a process that was killed holds nothing for long.
    """

    __tablename__ = "relay_places"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - a number is never given twice

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(ACCOUNT_LENGTH), index=True)
    kept_until: Mapped[float] = mapped_column(Double)
