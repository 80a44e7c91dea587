"""The process beside composes what this one would have composed, each message for its own order."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from pathlib import Path

import pytest

from models.rules.recipients import Recipient, Role
from models.values.paper import InvoicePaper, Issuer, Line
from models.values.people import PostalAddress
from models.values.period import Period
from models.values.sources import InvoiceSource
from tasks.composing import archive
from tasks.composing.compose import Composed, Order, Unkept, Unwritten, compose
from tasks.composing.invoices import write_invoice
from tasks.composing.process import Composer
from tasks.delivering.one_processor import on_one_processor

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def order_for(number: int, folder: Path, sender: str = "facturation@tilleuls.example") -> Order:
    paper = InvoicePaper(
        issuer=Issuer("Association des Tilleuls", "EHPAD Les Tilleuls", PostalAddress("", "", "")),
        number=f"F-{number}",
        issued_on=date(2024, 9, 30),
        name=f"DUPONT{number} Jeanne",
        address=PostalAddress("1 rue des Tilleuls", "75001", "Paris"),
        care_of="",
        lines=(Line("Hébergement", Decimal("100.00")),),
        total_excl_tax=Decimal("100.00"),
        vat=Decimal("0.00"),
        total_incl_tax=Decimal("100.00"),
        balance=Decimal("100.00"),
        period=Period(2024, 9),
        due_on=None,
    )
    source = InvoiceSource("TIL", "Les Tilleuls", sender, "", ("", ""), "", paper)
    recipient = Recipient(f"r{number}@example.org", Role.RESIDENT)
    return Order(source, write_invoice, recipient, "", f"{number}:1:", folder, 0, NOW)


def is_for(order: Order, composed: Composed | Unwritten | Unkept) -> bool:
    """Whether a message is the order's own, to its address, and in the archive."""
    assert isinstance(composed, Composed), composed
    kept = archive.get(order.archive, composed.key) == composed.message
    return kept and message_from_bytes(composed.message)["To"] == order.recipient.address


@pytest.fixture
def composer() -> Composer:
    return Composer(beside=True)


def test_the_process_beside_composes_the_same_bytes(composer: Composer, tmp_path: Path) -> None:
    order = order_for(1, tmp_path)
    with composer:
        assert composer.compose(order) == compose(order)


def test_each_thread_gets_the_message_it_ordered(composer: Composer, tmp_path: Path) -> None:
    orders = [order_for(number, tmp_path) for number in range(60)]
    with composer, ThreadPoolExecutor(5) as threads:
        assert all(map(is_for, orders, threads.map(composer.compose, orders)))


def test_a_killed_process_costs_no_message(composer: Composer, tmp_path: Path) -> None:
    """Killed between two messages, and while it makes one."""
    orders = [order_for(number, tmp_path) for number in range(30)]
    with composer, ThreadPoolExecutor(3) as threads:
        assert is_for(orders[0], composer.compose(orders[0]))
        threading.Timer(0.05, os.kill, (composer._process.pid, signal.SIGKILL)).start()
        assert all(map(is_for, orders, threads.map(composer.compose, orders)))
        assert composer._process.wait() == -signal.SIGKILL


def test_a_cancelled_order_leaves_no_answer_for_the_next_one(composer: Composer, tmp_path: Path) -> None:
    """What ends a run by force may come between the order and its answer: nobody gets somebody else's invoice."""
    first, second = order_for(1, tmp_path), order_for(2, tmp_path)
    with composer:
        composer.compose(first)
        os.kill(composer._process.pid, signal.SIGSTOP)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        threading.Timer(0.5, os.kill, (composer._process.pid, signal.SIGCONT)).start()
        with pytest.raises(KeyboardInterrupt):
            composer.compose(first)
        assert is_for(second, composer.compose(second))


def test_what_cannot_be_composed_or_kept_is_told(composer: Composer, tmp_path: Path) -> None:
    """A structure without a sender, and an archive that cannot be written."""
    blocked = tmp_path / "archive"
    blocked.write_text("a file where the folder should be")
    with composer:
        assert composer.compose(order_for(1, tmp_path, sender="")) == compose(order_for(1, tmp_path, sender=""))
        assert isinstance(composer.compose(order_for(1, tmp_path, sender="")), Unwritten)
        assert isinstance(composer.compose(replace(order_for(1, tmp_path), archive=blocked)), Unkept)
        assert is_for(order_for(2, tmp_path), composer.compose(order_for(2, tmp_path)))


def test_a_sending_process_keeps_to_one_processor_and_gives_the_others_back() -> None:
    """Its threads too, those that ran before and those that start meanwhile."""
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("this machine has one processor")
    seen: list[set[int]] = []
    go, done = threading.Event(), threading.Event()

    def look() -> None:
        go.wait()
        seen.append(os.sched_getaffinity(0))
        done.wait()
        seen.append(os.sched_getaffinity(0))

    earlier = threading.Thread(target=look)
    earlier.start()
    with on_one_processor():
        later = threading.Thread(target=look)
        later.start()
        go.set()
        while len(seen) < 2:
            time.sleep(0.01)
        assert seen[0] == seen[1]
        assert len(seen[0]) == 1
    done.set()
    earlier.join()
    later.join()
    assert seen[2:] == [allowed, allowed]
    assert os.sched_getaffinity(0) == allowed
