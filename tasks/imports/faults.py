"""What can be wrong with an import, as one French sentence for each fault."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.entry.problems import Problem, visible


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
