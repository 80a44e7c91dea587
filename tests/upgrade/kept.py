"""The kept ``var/`` folders: how one is put away, and how it is laid out again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from zipfile import ZIP_LZMA, ZipFile

import psycopg

from tests.databases import execute, named

FOLDER = Path(__file__).parent / "vars"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
DUMP = "facteur.sql"

# What `facteur up` makes anew, what only people read, and what this machine alone knows.
_LEFT_OUT = ("logs", "mailbox", "prefect/ui", "prefect/storage")
_FAR_AWAY = "2199-01-01T00:00:00+00:00"

_numbers = count(1)


@dataclass(frozen=True)
class Kept:
    """One ``var/`` as a tagged commit left it; ``about`` says what it showed then (see make_var)."""

    tag: str
    database: str

    @property
    def archive(self) -> Path:
        return FOLDER / self.tag / f"{self.database}.zip"

    @property
    def notes(self) -> Path:
        return self.archive.with_suffix(".json")

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.notes.read_text(encoding="utf-8"))
        return found

    def put_away(self, var: Path, url: str, about: dict[str, Any]) -> None:
        """Keep a ``var/`` that nothing runs in; its ledger too when that lies on PostgreSQL, at ``url``."""
        self.archive.parent.mkdir(parents=True, exist_ok=True)
        for name in _LEFT_OUT:
            shutil.rmtree(var / name, ignore_errors=True)
        _let_reviews_wait(var / "prefect" / "prefect.db")
        for path in var.rglob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("VACUUM")
        if self.database == POSTGRESQL:
            _postgresql(url, "pg_dump", "--no-owner", "--no-privileges", "--file", str(var / DUMP))
        with ZipFile(self.archive, "w", ZIP_LZMA) as archive:
            for path in sorted(var.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    archive.write(path, path.relative_to(var))
        self.notes.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def lay_out(self, var: Path, server: str) -> str:
        """Make ``var`` what it was; the URL of its ledger, which on PostgreSQL is a new database of ``server``."""
        with ZipFile(self.archive) as archive:
            archive.extractall(var)
        if self.database == SQLITE:
            return ""
        name = f"upgrade_{next(_numbers)}"
        execute(server, f"CREATE DATABASE {name} TEMPLATE template0")
        url = named(server, name)
        dump = var / DUMP
        _postgresql(url, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump))
        dump.unlink()
        return url


def all_kept() -> list[Kept]:
    """Every ``var/`` that is kept."""
    return [Kept(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.zip"))]


def _let_reviews_wait(prefect: Path) -> None:
    """A review waits two weeks for its answer, and what is kept here is older: it may wait longer."""
    with closing(sqlite3.connect(prefect)) as connection, connection:
        changed = connection.execute(
            "UPDATE flow_run_state SET state_details = json_set(state_details, '$.pause_timeout', ?)"
            " WHERE json_extract(state_details, '$.pause_timeout') IS NOT NULL",
            (_FAR_AWAY,),
        )
        assert changed.rowcount > 0


def _postgresql(url: str, command: str, *words: str) -> None:
    """Run a client that lies beside the server's own program: the machine need not have one, nor one of its version."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    subprocess.run([Path(row[0]) / command, "--dbname", url, *words], check=True, stdout=subprocess.DEVNULL)
