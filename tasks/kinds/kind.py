"""What is particular to one kind of mailing: all that differs between an invoice, a reminder and what may come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from models.reading.standings import Standing
from models.rules.recipients import Recipients
from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from models.values.paper import Issuer
from models.values.sources import Source
from tasks.composing.written import Writer
from tasks.documents.mail_parts import MailText
from tasks.documents.print_file import Drawing
from tasks.documents.wording import fill

Found = tuple[Source, Recipients]

LETTERS = "6-courriers"  # begins the key of the page of a file to print, after those of tasks/pages/publishing


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Somebody for whom there is no document this time."""

    structure: str
    name: str


@dataclass(frozen=True, slots=True)
class WordingKind:
    """A text that a structure may set: its name in the ledger, and what a clerk calls it.

    ``check`` finds slips in a subject or body, ``example`` writes the mail for somebody invented. ``always``: it is
    checked also where the structure has set no text.
    """

    name: str
    label: str
    check: Callable[[str], list[str]]
    example: Callable[[str, str, Issuer, date], MailText]
    always: bool = False


@dataclass(frozen=True, slots=True)
class PrintNames:
    """How a file to print is called: the beginning of its name, its page's key, its title, and that there is none."""

    stem: str
    key: str
    title: str
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of mailing. The engine (ledger, claiming, sending, pacing, printing) asks it, and never which one it is.

    ``name`` is what the ledger stores, at most 10 letters.

    **Words.** ``one`` and ``many`` name the document; both are feminine, and participles agree with them. ``key``
    stands in the artifacts' keys, ``date`` follows in them (``2024-09``), ``when`` is what a clerk reads ("septembre
    2024"); ``of_when`` and ``for_when`` put it into a sentence. ``campaign`` names the sending, ``flow`` is what sends
    it and ``to_print`` what prints the rest. ``covered_one`` and ``covered_many`` name what the coverage counts, at
    ``covered_when``.

    **Ledger.** ``standings`` reads where each document of a campaign stands, ``undocumented`` who has none, ``labels``
    the (structure's code, what the clerk calls it) of documents by id. ``read_source`` reads what a document is made
    from and who gets it now; ``note_dropped`` stores which lines were not on it after all. ``shows_all`` tells from a
    campaign's parameters whether its table showed everything that was due.

    **Paper.** ``write`` writes the mail. ``content`` is the paper to print: a drawing, the key of an imported PDF, or
    why there is none; ``print_names`` names the file for a month (empty without one), at a time in Paris. ``wordings``
    are its texts. ``relay_suffix`` ends the name of a structure's own SMTP block for this kind alone; empty: it has
    none.
    """

    name: str
    key: str
    one: str
    many: str
    debtor: str
    debtors: str
    of_when: str
    for_when: str
    date: Callable[[CampaignReference], str]
    when: Callable[[CampaignReference], str]
    standings: Callable[[Session, CampaignReference], list[Standing]]
    undocumented: Callable[[Session, CampaignReference], list[Undocumented]]
    labels: Callable[[Session, Collection[int]], Mapping[int, tuple[str, str]]]
    read_source: Callable[[Connection, int], Found]
    write: Writer
    content: Callable[[Any, Path], Drawing | str | Refusal]
    print_names: Callable[[str, datetime, Sequence[Any]], PrintNames]
    flow: str
    to_print: str = "« editer-les-courriers »"
    campaign: str = "campagne"
    covered_one: str
    covered_many: str
    covered_when: str
    wordings: tuple[WordingKind, ...] = ()
    relay_suffix: str = ""
    note_dropped: Callable[[Connection, Any], None] = lambda _rows, _source: None
    shows_all: Callable[[Mapping[str, Any]], bool] = lambda _parameters: True

    def of(self, when: str) -> str:
        """``de septembre 2024``, ``d'août 2024``."""
        return fill(self.of_when, {"periode": when})

    def covered(self, when: str) -> str:
        """``de septembre 2024``, ``au 15/11/2024``: the day or month that the coverage is of."""
        return fill(self.covered_when, {"periode": when})

    def for_(self, when: str) -> str:
        """``pour septembre 2024``."""
        return fill(self.for_when, {"periode": when})


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyKind(Kind):
    """One document for each resident of a month, whom ``of_month`` finds by structures (none: all).

    ``add_documents`` makes the documents of the standings that have none yet.
    """

    of_month: Callable[[Session, str, Collection[str]], list[Standing]]
    add_documents: Callable[[Session, Sequence[Standing]], None]
