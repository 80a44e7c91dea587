"""The two clocks: this machine's, which dates what is stored, and the database's, which all machines share."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Double, cast, extract, func, literal


def utc_now() -> datetime:
    """The current time by this machine, aware, in UTC."""
    return datetime.now(UTC)


def database_seconds(rows: Connection) -> ColumnElement[float]:
    """Now, in seconds since 1970, as an expression that the database evaluates itself, to the millisecond."""
    if rows.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Double)
    return (func.julianday("now") - literal(2440587.5)) * literal(86400.0)
