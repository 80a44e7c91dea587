"""The ledger against a real Maildir: a disagreement is found, whichever side it is on."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.cli.commands.demo_mailbox import Comparison, compare
from models.database.session import writing
from models.rules.states import DeliveryState
from tests.workplace import Workplace

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def fill(folder: Path, message_ids: list[str]) -> None:
    box = mailbox.Maildir(folder)
    for message_id in message_ids:
        box.add(f"Message-ID: {message_id}\nSubject: essai\n\nessai\n".encode())


@pytest.fixture
def accepted(workplace: Workplace) -> list[str]:
    """The Message-IDs of two invoices that were sent."""
    for name in ("MAILLY", "DURAND"):
        workplace.add_resident(name, own=f"{name.lower()}@example.org")
    workplace.run()
    return sorted(delivery.message_id for delivery in workplace.deliveries())


def test_the_same_on_both_sides_agrees(workplace: Workplace, accepted: list[str], tmp_path: Path) -> None:
    """Each accepted message lies there once, and nothing else."""
    fill(tmp_path / "box", accepted)
    found = compare(workplace.database, tmp_path / "box", BEFORE_ALL)
    assert (found, found.agrees) == (Comparison(2, 2, [], [], []), True)


def test_every_disagreement_is_named(workplace: Workplace, accepted: list[str], tmp_path: Path) -> None:
    """A message that is missing, one that came twice, and one that the ledger does not know."""
    fill(tmp_path / "box", [accepted[0], accepted[0], "<foreign@example.org>"])
    found = compare(workplace.database, tmp_path / "box", BEFORE_ALL)
    assert found == Comparison(2, 3, [accepted[1]], [accepted[0]], ["<foreign@example.org>"])
    assert not found.agrees


@pytest.mark.parametrize("arrived", [pytest.param(True, id="it arrived"), pytest.param(False, id="it did not arrive")])
def test_an_uncertain_message_may_lie_there_or_not(
    workplace: Workplace, accepted: list[str], tmp_path: Path, arrived: bool
) -> None:
    """Nobody knows whether an uncertain message arrived: neither is a disagreement."""
    with writing(workplace.database) as session:
        delivery = next(d for d in workplace.deliveries() if d.message_id == accepted[0])
        session.merge(delivery).state = DeliveryState.UNCERTAIN
    fill(tmp_path / "box", accepted if arrived else accepted[1:])
    assert compare(workplace.database, tmp_path / "box", BEFORE_ALL).agrees


def test_what_the_purge_may_have_taken_is_not_missed(workplace: Workplace, accepted: list[str], tmp_path: Path) -> None:
    """A message that was accepted before the retention of the mailbox need not lie there; a later one must."""
    fill(tmp_path / "box", [])
    last = max(delivery.accepted_at for delivery in workplace.deliveries() if delivery.accepted_at)
    assert compare(workplace.database, tmp_path / "box", last + timedelta(seconds=1)).agrees
    assert compare(workplace.database, tmp_path / "box", BEFORE_ALL).missing == accepted
