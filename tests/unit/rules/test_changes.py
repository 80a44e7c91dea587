"""What a person was shown against what is so today."""

from __future__ import annotations

from typing import Any

import pytest

from models.rules.changes import Change, Fact, as_seen, changes, shown_anew

OWN, GUARDIAN = ["resident", "own@example.org"], ["guardian", "guardian@example.org"]


def line(*addresses: list[str], guardian: str = "DUVAL Anne", amount: str = "100.00") -> dict[str, Any]:
    return {"addresses": list(addresses), "guardian": guardian, "amount": amount}


def reminder(**balances: str) -> dict[str, Any]:
    invoices = [{"id": number, "number": number, "balance": balance} for number, balance in balances.items()]
    return {"addresses": [["client", "c@example.org"]], "amount": "0", "invoices": invoices}


BEFORE = line(OWN, GUARDIAN)
OF_BEFORE = {key: value for key, value in BEFORE.items() if key != "guardian"}
OTHER = "other@example.org"


@pytest.mark.parametrize(
    ("shown", "now", "expected"),
    [
        pytest.param(BEFORE, line(OWN, GUARDIAN), [], id="nothing"),
        pytest.param(BEFORE, line(["resident", " OWN@example.org"], GUARDIAN), [], id="the same mailbox"),
        pytest.param(
            BEFORE,
            line(["resident", OTHER], GUARDIAN),
            [Change(Fact.RESIDENT_ADDRESS, "own@example.org", OTHER)],
            id="own address",
        ),
        pytest.param(
            BEFORE,
            line(OWN, ["guardian", OTHER]),
            [Change(Fact.GUARDIAN_ADDRESS, "guardian@example.org", OTHER)],
            id="guardian's address",
        ),
        pytest.param(
            BEFORE,
            line(["resident+guardian", "own@example.org"]),
            [Change(Fact.GUARDIAN_ADDRESS, "guardian@example.org", "own@example.org")],
            id="one address for both",
        ),
        pytest.param(BEFORE, line(OWN, GUARDIAN, guardian="ROY Luc"), [Change(Fact.GUARDIAN, "DUVAL Anne", "ROY Luc")],
                     id="another guardian behind the same address"),
        pytest.param(OF_BEFORE, line(OWN, GUARDIAN, guardian="ROY Luc"), [], id="a line of the version before"),
        pytest.param(
            BEFORE,
            line(OWN, guardian=""),
            [Change(Fact.GUARDIAN_ADDRESS, "guardian@example.org", "")],
            id="no guardian any more is said once",
        ),
        pytest.param(
            BEFORE,
            line(OWN, GUARDIAN, amount="250.00"),
            [Change(Fact.AMOUNT, "100.00", "250.00")],
            id="amount",
        ),
        pytest.param(
            reminder(A="120.00", B="60.00", C="10.00"),
            reminder(A="120.00", B="20.00"),
            [Change(Fact.BALANCE, "60.00", "20.00", "B"), Change(Fact.BALANCE, "10.00", "", "C")],
            id="what is claimed",
        ),
    ],
)  # fmt: skip
def test_what_differs_is_named_once(shown: dict[str, Any], now: dict[str, Any], expected: list[Change]) -> None:
    """As what it is, with what was shown and what is so."""
    assert list(changes(shown, now)) == expected


def test_each_form_is_held_to_what_it_showed() -> None:
    """The first had the first address; what the second showed is nothing that the first answered."""
    first, second, third = line(OWN), line(["resident", "b@example.org"]), line(["resident", "c@example.org"])
    stored = shown_anew(shown_anew(first, second, form=1), third, form=2)
    assert as_seen(stored, 0) == as_seen(stored, 1) == first
    assert changes(as_seen(stored, 2), second) == ()
    assert changes(as_seen(stored, 3), third) == ()
    assert changes(as_seen(stored, 1), third) != ()
