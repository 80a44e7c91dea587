"""What one file to print holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.values.moments import PARIS
from models.values.people import alphabetical
from models.values.sources import Source
from tasks.kinds.kind import Kind, PrintNames

What = Literal[
    "tout ce qui doit être imprimé",
    "sans adresse ou papier demandé",
    "en échec",
    "tout, même déjà envoyé ou imprimé",
]


@dataclass(frozen=True, slots=True)
class Letter:
    """One document that is printed, in one version; ``number`` is how the cover sheet and the pages call it.

    ``gone``: a reminder that has reached the client before, or may have. What it was about then stays as it was.
    """

    document_id: int
    version: int
    structure: str
    name: str
    number: str
    source: Source
    gone: bool = False

    @property
    def order(self) -> tuple[str, ...]:
        return (alphabetical(self.structure), self.structure, alphabetical(self.name), self.name, self.number)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A letter that cannot be printed as things are; ``why`` is a French sentence that says what to do."""

    letter: Letter
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The documents of one file, all of one kind, sorted; ``printed_at`` is the date that each of them gets, or has.

    ``month`` is theirs, written ``2024-09``, empty for a kind without months.
    """

    kind: Kind
    month: str
    printed_at: datetime
    letters: tuple[Letter, ...]
    left_out: tuple[LeftOut, ...] = ()
    nothing: str = ""

    @property
    def names(self) -> PrintNames:
        """What the file and its page are called, and what is said when there is nothing to print."""
        sources = [letter.source for letter in self.letters]
        return self.kind.print_names(self.month, self.printed_at.astimezone(PARIS), sources)

    @property
    def nothing_to_print(self) -> str:
        return self.nothing or self.names.nothing
