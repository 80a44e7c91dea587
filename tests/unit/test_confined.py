"""What opens foreign files is bounded: a file that takes too much is lost, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.entry.confined import Confined, Lost

MEMORY = 500_000_000


@pytest.fixture
def beside() -> Iterator[Confined]:
    with Confined(MEMORY, seconds=5) as confined:
        yield confined


def answer(value: object) -> object:
    return value


def take(count: int) -> int:
    return len(bytearray(count))


def wait_for_ever(seconds: float) -> None:
    time.sleep(seconds)


def die() -> None:
    os._exit(1)


def panic() -> None:
    raise BaseException("as pyo3 raises it")


def fail() -> None:
    raise ValueError("a fault of ours")


def write(path: Path) -> None:
    path.write_bytes(b"x")


def environment() -> dict[str, str]:
    return dict(os.environ)


def process() -> int:
    return os.getpid()


def test_the_answer_comes_from_another_process(beside: Confined) -> None:
    """One for all calls, with the value that the function returns."""
    first = beside.call(process)
    assert first != os.getpid()
    assert beside.call(process) == first
    assert beside.call(answer, ("a", 1)) == ("a", 1)


def test_what_takes_too_much_is_lost_and_the_next_call_is_answered(beside: Confined) -> None:
    """Memory, time, a death, a panic of a library: one answer for all, in a process that is replaced."""
    assert beside.call(take, 1_000_000) == 1_000_000
    for lost in (
        beside.call(take, 2 * MEMORY),
        beside.call(wait_for_ever, 60),
        beside.call(die),
        beside.call(panic),
    ):
        assert isinstance(lost, Lost)
        assert beside.call(answer, 1) == 1


def test_a_bug_is_raised_where_it_was_called(beside: Confined) -> None:
    """It is no fault of the file."""
    with pytest.raises(ValueError, match="a fault of ours"):
        beside.call(fail)


def test_it_writes_no_file(beside: Confined, tmp_path: Path) -> None:
    """A file that is opened writes nowhere."""
    with pytest.raises(OSError, match="File too large"):
        beside.call(write, tmp_path / "file")


def test_it_knows_no_secret(beside: Confined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facteur's and Prefect's settings stay in the process that asks."""
    monkeypatch.setenv("FACTEUR_SMTP__SECRET", "canary-1")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "canary-2")
    found = beside.call(environment)
    assert isinstance(found, dict)
    assert "PATH" in found
    assert not [name for name in found if name.startswith(("FACTEUR_", "PREFECT_")) and name != "FACTEUR_MARK"]


ASKS_AND_IS_KILLED = """
import os, signal, threading, time
from tasks.entry.confined import Confined
from tests.unit.test_confined import process, wait_for_ever
confined = Confined(500_000_000, 20)
print(confined.call(process), flush=True)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
confined.call(time.sleep, 3)
"""


def test_it_ends_when_nobody_asks_any_more() -> None:
    """A run that is killed leaves no process behind."""
    done = subprocess.run([sys.executable, "-c", ASKS_AND_IS_KILLED], capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{int(done.stdout)}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
