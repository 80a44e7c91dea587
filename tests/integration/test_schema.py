"""The schema: what the migrations make is what the tables say."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from models.database.schema import is_current, migrate
from models.database.session import engine
from models.tables.base import Base


def test_the_migrations_make_exactly_the_tables(database_url: str) -> None:
    """On both databases: no table, column or type differs."""
    with engine(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_new_database_is_not_current_until_it_is_migrated(tmp_path: Path) -> None:
    """And migrating twice changes nothing."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert not is_current(url)
    migrate(url)
    migrate(url)
    assert is_current(url)
