"""What is allowed and unlikely: a remark for a person to read, which never refuses anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tasks.french.numbers import counted

SHOWN_OF_A_KIND = 15


class Doubt(StrEnum):
    """What is unlikely, in the order in which it is read. The values are stable: programs read them."""

    DOUBLE = "double-billing"
    STRUCTURE = "structure-missing"
    ABSENT = "resident-missing"
    LEFT = "billed-after-leaving"
    AMOUNT = "amount-jump"
    BALANCE = "balance"
    DATE = "date"
    PDF = "other-pdf"
    DOMAIN = "mail-domain"
    LETTERS = "damaged-letters"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at, as one French sentence with its place."""

    doubt: Doubt
    sentence: str


def in_order(remarks: list[Remark]) -> tuple[Remark, ...]:
    """By what is unlikely; within, as they were found."""
    order = list(Doubt)
    return tuple(sorted(remarks, key=lambda remark: order.index(remark.doubt)))


def shown_sentences(remarks: tuple[Remark, ...]) -> list[str]:
    """The first of each kind, and how many more there are of it."""
    shown: list[str] = []
    for doubt in Doubt:
        found = [remark.sentence for remark in remarks if remark.doubt is doubt]
        shown += found[:SHOWN_OF_A_KIND]
        more = len(found) - SHOWN_OF_A_KIND
        if more > 0:
            shown.append(f"… et {counted(more, 'autre remarque', 'autres remarques')} de cette sorte.")
    return shown
