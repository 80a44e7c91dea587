"""What one file to print holds, and how a run that makes one ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.values.kinds import DocumentKind
from models.values.people import alphabetical
from models.values.sources import ReminderSource, Source
from tasks.french.moments import PARIS, month_label

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
    source: Source | ReminderSource
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
    """The documents of one file, sorted; ``printed_at`` is the date that each of them gets, or has.

    ``month`` is the invoices', written ``2024-09``. The file's name begins with ``stem``, its page has the ``key``;
    ``nothing`` says that there is nothing to print.
    """

    kind: DocumentKind
    month: str
    stem: str
    key: str
    nothing: str
    printed_at: datetime
    letters: tuple[Letter, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ends: whether a person has something to do, the sentence that says what, and what the file holds.

    ``page`` is Markdown, under the artifact's ``key``; both are empty when there is no file to tell of.
    """

    failed: bool
    sentence: str
    key: str = ""
    page: str = ""


def invoice_batch(month: str, printed_at: datetime, letters: tuple[Letter, ...]) -> Batch:
    """The invoices of a month, written ``2024-09``."""
    return Batch(
        kind=DocumentKind.INVOICE,
        month=month,
        stem=f"courriers-{month}-{printed_at.astimezone(PARIS):%Y%m%d-%H%M}",
        key=f"factures-{month}-courriers",
        nothing=f"Rien à imprimer pour {month_label(month)}.",
        printed_at=printed_at,
        letters=letters,
    )


def reminder_batch(printed_at: datetime, letters: tuple[Letter, ...], left_out: tuple[LeftOut, ...] = ()) -> Batch:
    """Reminders of one day or of several."""
    local = printed_at.astimezone(PARIS)
    return Batch(
        kind=DocumentKind.REMINDER,
        month="",
        stem=f"courriers-relances-{local:%Y-%m-%d-%H%M}",
        key=f"relances-{local:%Y-%m-%d}-courriers",
        nothing="Aucune relance à imprimer.",
        printed_at=printed_at,
        letters=letters,
        left_out=left_out,
    )
