"""What a person was shown of a document against what is so today, in the values that a campaign's line keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.rules.recipients import Role, normalise


class Fact(StrEnum):
    """What of a line may change."""

    RESIDENT_ADDRESS = "resident-address"
    GUARDIAN_ADDRESS = "guardian-address"
    CLIENT_ADDRESS = "client-address"
    GUARDIAN = "guardian"
    AMOUNT = "amount"
    BALANCE = "balance"


ADDRESSES = {
    Role.RESIDENT: Fact.RESIDENT_ADDRESS,
    Role.GUARDIAN: Fact.GUARDIAN_ADDRESS,
    Role.CLIENT: Fact.CLIENT_ADDRESS,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact as it was shown and as it is; an empty text is none. ``number`` names the invoice of a BALANCE."""

    fact: Fact
    before: str
    now: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line, in the words that were shown, and what is no longer so."""

    name: str
    number: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Why a choice was not stored: what was chosen is no longer what was shown. It is shown as it is from now on."""

    lines: tuple[ChangedLine, ...]


Shown = Mapping[str, Any]


def as_seen(shown: Shown, form: int) -> Shown:
    """A line as the form with this number showed it."""
    while shown.get("form", 0) > form:
        shown = shown["before"]
    return shown


def shown_anew(shown: Shown, now: Shown, form: int) -> dict[str, Any]:
    """The line as it is ``now``, for the forms after the one with the number ``form``; what it was stays with it."""
    return {**now, "form": form + 1, "before": dict(shown)}


def changes(shown: Shown, now: Shown) -> tuple[Change, ...]:
    """What differs. A fact that the version of Facteur which stored the line did not keep is not compared."""
    before, today = _addresses(shown), _addresses(now)
    found = [
        Change(fact, before.get(role, ""), today.get(role, ""))
        for role, fact in ADDRESSES.items()
        if normalise(before.get(role, "")) != normalise(today.get(role, ""))
    ]
    guardians = shown.get("guardian", ""), now.get("guardian", "")
    if "guardian" in shown and all(guardians) and guardians[0] != guardians[1]:
        found.append(Change(Fact.GUARDIAN, *guardians))
    if "invoices" in shown:
        found += _balances(shown, now)
    elif shown["amount"] != now["amount"]:
        found.append(Change(Fact.AMOUNT, shown["amount"], now["amount"]))
    return tuple(found)


def _addresses(shown: Shown) -> dict[Role, str]:
    found: dict[Role, str] = {}
    for role, address in shown["addresses"]:
        for one in (Role.RESIDENT, Role.GUARDIAN) if role == Role.BOTH else (Role(role),):
            found[one] = address
    return found


def _balances(shown: Shown, now: Shown) -> list[Change]:
    today = {invoice["id"]: invoice["balance"] for invoice in now["invoices"]}
    return [
        Change(Fact.BALANCE, invoice["balance"], today.get(invoice["id"], ""), invoice["number"])
        for invoice in shown["invoices"]
        if invoice["balance"] != today.get(invoice["id"], "")
    ]
