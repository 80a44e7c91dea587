"""The version of the database's schema, which Alembic owns."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models.database.session import engine


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; the folder of an SQLite file must exist."""
    with engine(url).execution_options(writes=True).connect() as connection, connection.begin():
        command.upgrade(_config(connection), "head")


def new_revision(url: str, message: str) -> None:
    """Write a migration for what the tables have and the database at ``url`` lacks (maintainers only)."""
    with engine(url).connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def is_current(url: str) -> bool:
    """Whether the database has the schema that this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
