"""INSERT ... ON CONFLICT, which both databases have, each under its own name in SQLAlchemy."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from models.tables.base import Base


def insert_into(rows: Connection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that ``on_conflict_do_update`` can follow."""
    return (sqlite.insert if rows.dialect.name == "sqlite" else postgresql.insert)(table)
