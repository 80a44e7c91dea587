"""What the kinds of one document a month have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from models.reading.standings import Standing
from models.values.campaign import CampaignReference
from tasks.documents.wording import fill
from tasks.french.moments import month_label
from tasks.kinds.kind import LETTERS, PrintNames

OfMonth = Callable[[Session, str, Collection[str]], list[Standing]]


class OfAMonth(TypedDict):
    """The fields of a MonthlyKind that follow from its month."""

    of_when: str
    for_when: str
    covered_when: str
    date: Callable[[CampaignReference], str]
    when: Callable[[CampaignReference], str]
    of_month: OfMonth
    standings: Callable[[Session, CampaignReference], list[Standing]]


def of_a_month(of_month: OfMonth) -> OfAMonth:
    """A kind whose campaigns have a month, written ``2024-09``."""
    return OfAMonth(
        of_when="de &periode",
        for_when="pour &periode",
        covered_when="de &periode",
        date=lambda campaign: campaign.period,
        when=lambda campaign: month_label(campaign.period),
        of_month=of_month,
        standings=lambda session, campaign: of_month(session, campaign.period, campaign.structures),
    )


def print_names(key: str, many: str, prefix: str = "") -> Callable[[str, datetime, Sequence[Any]], PrintNames]:
    """The names of the files of a monthly kind; ``prefix`` tells them from those of others."""
    return lambda month, at, _: PrintNames(
        stem=f"courriers-{prefix}{month}-{at:%Y%m%d-%H%M}",
        key=f"{LETTERS}-{key}-{month}",
        title=fill(f"{many.capitalize()} de &periode", {"periode": month_label(month)}),
        nothing=f"Rien à imprimer pour {month_label(month)}.",
    )
