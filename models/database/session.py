"""Engines and sessions, with the settings that the fence needs on either database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

import models.tables.every  # noqa: F401  relationships are named by strings: every table must be known

BUSY_SECONDS = 30

_making = threading.Lock()
_sqlite_turn = threading.RLock()


@lru_cache
def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, pool_size=10)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late: see _begin
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a power cut must not undo the fence
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that reads first and writes later cannot wait for its turn in SQLite: it fails at once.
        if connection.get_execution_options().get("writes", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.connection.dbapi_connection.execute("BEGIN")  # never waits for anybody, so never fails

    return engine


def engine(url: str) -> Engine:
    """The one engine of this process for ``url``: SQLite in WAL, fully synchronised, or PostgreSQL through psycopg."""
    with _making:
        return _engine(url)


@lru_cache
def _writing_engine(url: str) -> Engine:
    return engine(url).execution_options(writes=True)


def _turn(url: str) -> AbstractContextManager[Any]:
    # SQLite has one writer, and whoever finds it busy sleeps: the threads of a process queue up here instead.
    return _sqlite_turn if url.startswith("sqlite") else nullcontext()


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """A session that only reads."""
    with Session(engine(url)) as session:
        yield session


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """A session in one transaction, committed at the end, undone when an exception leaves the block."""
    with _turn(url), Session(_writing_engine(url)) as session, session.begin():
        yield session


@contextmanager
def reading_rows(url: str) -> Iterator[Connection]:
    """A bare connection that only reads: for what every mail does, a session costs more than its statements."""
    with engine(url).connect() as connection:
        yield connection


@contextmanager
def writing_rows(url: str) -> Iterator[Connection]:
    """A bare connection in one transaction; see ``writing``."""
    with _turn(url), _writing_engine(url).begin() as connection:
        yield connection
