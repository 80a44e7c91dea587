"""Logs do not grow for ever, and what is old is apart, so that it can be purged."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.cli.machine import log_files
from flows.cli.machine.log_files import KEPT, LogFiles

NOVEMBER, DECEMBER = datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 1, 1, tzinfo=UTC)


def put(path: Path, content: bytes, at: datetime) -> None:
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_log_of_this_month_is_left_alone(tmp_path: Path) -> None:
    """Also one that is empty when a month is over."""
    put(tmp_path / "worker.log", b"a line\n", NOVEMBER)
    put(tmp_path / "server.log", b"", NOVEMBER)
    logs = LogFiles(tmp_path)
    logs.turn(["worker", "server", "mailbox"], NOVEMBER)
    logs.turn(["server"], DECEMBER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server.log", "worker.log"]


def test_a_month_that_is_over_is_apart_with_its_age(tmp_path: Path) -> None:
    """Whether Facteur ran meanwhile, or was started after it; whoever has the file open goes on writing to it."""
    put(tmp_path / "worker.log", b"november\n", NOVEMBER)
    logs = LogFiles(tmp_path)
    with (tmp_path / "worker.log").open("ab", buffering=0) as writer:
        logs.turn(["worker"], DECEMBER)
        writer.write(b"december\n")
        logs.turn(["worker"], DECEMBER)
    assert (tmp_path / "worker.log").read_bytes() == b"december\n"
    assert (tmp_path / "worker.log.1").read_bytes() == b"november\n"
    assert (tmp_path / "worker.log.1").stat().st_mtime == NOVEMBER.timestamp()


def test_a_long_log_is_turned_and_few_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest is the first; the disk does not fill."""
    monkeypatch.setattr(log_files, "LONGEST_BYTES", 3)
    logs = LogFiles(tmp_path)
    for number in range(KEPT + 5):
        put(tmp_path / "worker.log", f"{number:04}".encode(), NOVEMBER)
        logs.turn(["worker"], NOVEMBER)
    assert (tmp_path / "worker.log").read_bytes() == b""
    assert (tmp_path / "worker.log.1").read_text() == f"{KEPT + 4:04}"
    assert len(list(tmp_path.iterdir())) == KEPT + 1
