"""What can be wrong with an import, as one French sentence for each fault."""

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps an import out; as a string, one French sentence.

    ``line`` is the line of the file where the row begins, None for a fault of the whole file. ``value`` is what was
    read, empty when nothing was.
    """

    file: str
    line: int | None
    column: str
    value: str
    expected: str
    problem: str = "ne convient pas"

    @classmethod
    def of(cls, problem: Problem, file: str, line: int | None = None, column: str = "", value: str = "") -> Fault:
        """Place a problem in its file."""
        return cls(file, line, column, value, problem.expected, problem.problem)

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"ligne {self.line}" if self.line is not None else "",
                f"colonne {self.column}" if self.column else "",
            )
            if part
        )
        return f"{place} : {self.clause} ; attendu : {self.expected}."

    @property
    def clause(self) -> str:
        """The sentence without its place and without what was expected."""
        return f"« {self.shown_value} » {self.problem}" if self.value else self.problem

    @property
    def shown_value(self) -> str:
        """What was read, as it can be shown on one line."""
        return visible(self.value)


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


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: "1 anomalie", "10 anomalies"."""
    return f"{number} {one if number < 2 else many}"
