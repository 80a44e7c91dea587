"""What is particular to one kind of campaign: its words, its documents, and how a date names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.reading.standings import Standing
from models.values.campaign import CampaignReference
from tasks.documents.wording import fill


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Somebody for whom there is no document this time."""

    structure: str
    name: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of campaign, as the pages speak of it.

    ``one`` and ``many`` name the document; both are feminine, and participles agree with them. ``date`` is what the
    artifacts' keys hold (``2024-09``), ``when`` what a clerk reads ("septembre 2024"); ``of_when`` and ``for_when`` put
    it into a sentence. ``campaign`` names the sending, ``flow`` is what sends it and ``to_print`` what
    prints the rest. ``covered_one`` and ``covered_many``
    name what the coverage counts, at ``covered_when``. ``standings`` reads where each document stands,
    ``undocumented`` who has none.
    """

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
    covered_one: str = "facture"
    covered_many: str = "factures"
    covered_when: str = "de &periode"
    campaign: str = "campagne"
    flow: str = "factures-mensuelles"
    to_print: str = "« editer-les-courriers »"

    def of(self, when: str) -> str:
        """``de septembre 2024``, ``d'août 2024``."""
        return fill(self.of_when, {"periode": when})

    def covered(self, when: str) -> str:
        """``de septembre 2024``, ``au 15/11/2024``: the day or month that the coverage is of."""
        return fill(self.covered_when, {"periode": when})

    def for_(self, when: str) -> str:
        """``pour septembre 2024``."""
        return fill(self.for_when, {"periode": when})
