"""Cases 28 to 30: the database is locked, gone or full; the archive's disk is full."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import text

from models.database.session import engine
from tests.faults.bench import VICTIM, Bench, wait_for
from tests.faults.case import Case, Expected
from tests.faults.databases import POSTGRESQL, SQLITE
from tests.faults.orders import At, Deed

UNTIL_THE_RETRY = 2.0  # seconds: longer than a locked database is waited for, shorter than an outcome is kept
SENT = Expected("accepted", 1)
FREE_BYTES = 4096


@contextmanager
def locked(bench: Bench) -> Iterator[None]:
    """Somebody else holds the database (SQLite) or the deliveries (PostgreSQL)."""
    if bench.on_sqlite:
        with engine(bench.database).execution_options(writes=True).connect() as connection, connection.begin():
            yield
    else:
        with psycopg.connect(bench.database) as connection:
            connection.execute("LOCK TABLE deliveries IN SHARE ROW EXCLUSIVE MODE")
            yield


def waits(point: str) -> At:
    return At(point, Deed.WAIT, 2)


def locked_before_the_dot(bench: Bench, case: Case) -> None:
    """The lock ends when the relay has seen the connection go without a dot."""
    bench.busy = 1
    worker = bench.start(*case.at, second_look=False)
    worker.wait_until("body-sent")
    with locked(bench):
        worker.go_on("body-sent")
        wait_for(lambda: any(bench.relay.record.events("unfinished")), "the end of the connection")
    bench.end(worker)


def locked_after_the_reply(bench: Bench, case: Case) -> None:
    bench.busy = 1
    worker = bench.start(*case.at)
    worker.wait_until("replied")
    with locked(bench):
        worker.go_on("replied")
        time.sleep(UNTIL_THE_RETRY)
    bench.end(worker)


def locked_for_ever_after_the_reply(bench: Bench, case: Case) -> None:
    """The outcome cannot be written down: the worker gives up."""
    bench.busy = 1
    worker = bench.start(*case.at)
    worker.wait_until("replied")
    with locked(bench):
        worker.go_on("replied")
        ended = worker.end()
    assert ended.error


def connection_killed(bench: Bench, case: Case) -> None:
    """PostgreSQL ends the worker's connections, as at a restart."""
    (at,) = case.at
    worker = bench.start(at)
    worker.wait_until(at.point)
    with engine(bench.database).connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    worker.go_on(at.point)
    bench.end(worker)


def full_after_the_reply(bench: Bench, case: Case) -> None:
    """No file may grow from the reply on, for a while."""
    worker = bench.start(*case.at)
    worker.wait_until("replied")
    time.sleep(UNTIL_THE_RETRY)
    worker.go_on("replied")
    bench.end(worker)


@contextmanager
def full_disk(bench: Bench) -> Iterator[None]:
    """A real disk under the archive, so small that it is full."""
    folder = bench.var / "archive"
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder], check=True)
    try:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(2**20 - FREE_BYTES))
        yield
        ballast.unlink()
        bench.run()
    finally:
        subprocess.run(["umount", folder], check=True)


def can_mount() -> bool:
    """Whether this process may mount; in an ordinary container it may not, and the row is left out."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


def full_archive(bench: Bench, case: Case) -> None:
    """The run stops with nothing claimed and nobody failed; with room again, the next one sends."""
    with full_disk(bench):
        bench.run()
        wrong = stopped_untouched(bench)
        assert not wrong, wrong


def files_may_not_grow(bench: Bench, case: Case) -> None:
    """The same without a right to mount: after the first message no file of the worker may grow, until it has ended."""
    worker = bench.start(*case.at)
    worker.wait_until("reported")
    worker.go_on("settled")
    time.sleep(0.2)
    worker.go_on("reported")
    bench.end(worker)
    wrong = stopped_untouched(bench)
    assert not wrong, wrong


def stopped_untouched(bench: Bench) -> list[str]:
    """Nothing was claimed, nobody is marked, and the run says what is wrong."""
    (delivery,) = bench.deliveries(VICTIM)
    stops = bench.ended[-1].stops
    wrong = [] if any("disque" in stop for stop in stops) else [f"the run does not speak of the disk: {stops}"]
    if (delivery.state, delivery.attempt, delivery.note) != ("planned", 0, ""):
        wrong.append(f"the victim is {delivery.state}, attempt {delivery.attempt}, note {delivery.note!r}")
    return wrong


STORAGE = (
    Case(
        28,
        "locked before the dot",
        at=(waits("body-sent"),),
        play=locked_before_the_dot,
        seen=Expected("claimed", 0),
    ),
    Case(
        28,
        "connections ended before the dot",
        at=(waits("body-sent"),),
        play=connection_killed,
        seen=SENT,
        databases=(POSTGRESQL,),
    ),
    Case(29, "locked after the 250", at=(waits("replied"),), play=locked_after_the_reply, seen=SENT),
    Case(
        29,
        "locked after the 250 for good",
        at=(waits("replied"),),
        play=locked_for_ever_after_the_reply,
        seen=Expected("handing_over", 1, after="planned composed"),
        then=Expected("uncertain", 1),
    ),
    Case(
        29,
        "connections ended after the 250",
        at=(waits("replied"),),
        play=connection_killed,
        seen=SENT,
        databases=(POSTGRESQL,),
    ),
    Case(
        29,
        "disk full after the 250",
        at=(At("replied", Deed.FULL, 2),),
        play=full_after_the_reply,
        seen=SENT,
        databases=(SQLITE,),
    ),
    Case(
        30,
        "no file may grow",
        at=(At("settled", Deed.FULL), At("reported", Deed.WAIT)),
        play=files_may_not_grow,
        seen=Expected("planned", 0, after="planned", stopped=True),
    ),
    *([Case(30, "archive's disk full", play=full_archive, seen=SENT)] if can_mount() else []),
)
