"""What changed since a person was shown it, in French."""

from __future__ import annotations

from decimal import Decimal

from models.rules.changes import Change, Fact
from tasks.documents.french import amount

FACT = {
    Fact.RESIDENT_ADDRESS: "adresse du résident",
    Fact.GUARDIAN_ADDRESS: "adresse du tuteur",
    Fact.CLIENT_ADDRESS: "adresse du client",
    Fact.GUARDIAN: "tuteur",
    Fact.AMOUNT: "montant HT",
    Fact.BALANCE: "à réclamer sur",
}
NONE = "aucune"
NO_AMOUNT = "rien"
_AMOUNTS = (Fact.AMOUNT, Fact.BALANCE)


def described(change: Change) -> str:
    """``adresse du tuteur : a@example.org → b@example.org``."""
    what = f"{FACT[change.fact]} {change.number}".strip()
    return f"{what} : {_value(change.fact, change.before)} → {_value(change.fact, change.now)}"


def _value(fact: Fact, text: str) -> str:
    if fact in _AMOUNTS:
        return amount(Decimal(text)) if text else NO_AMOUNT
    return text or NONE
