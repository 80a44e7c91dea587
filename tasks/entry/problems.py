"""What is wrong with what somebody typed, and how it is shown back."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

SHOWN_CHARACTERS = 80

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value, before it is known where it stood.

    ``problem`` is a predicate when there is a value to show ("n'est pas une date"), else a whole clause.
    """

    problem: str
    expected: str


def is_hidden(character: str) -> bool:
    """Whether a character cannot be seen: controls, zero widths, marks that turn the writing direction."""
    return unicodedata.category(character) in _HIDDEN


def visible(text: str) -> str:
    """A text as it can be shown on one line: what cannot be seen is written out, what is long is cut."""
    cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return "".join(_written(character) if is_hidden(character) else character for character in cut)


def _written(character: str) -> str:
    names = {"\n": "↵", "\r": "", "\t": "⇥"}
    return names.get(character, f"[U+{ord(character):04X}]")
