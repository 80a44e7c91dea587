"""The database's own clock: the one that all machines share."""

from sqlalchemy import ColumnElement, Connection, Double, cast, extract, func, literal


def database_seconds(rows: Connection) -> ColumnElement[float]:
    """Now, in seconds since 1970, as an expression that the database evaluates itself, to the millisecond."""
    if rows.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Double)
    return (func.julianday("now") - literal(2440587.5)) * literal(86400.0)
