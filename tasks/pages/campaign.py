"""The page of a campaign, the one to open first: the figures, a picture, what to do, and what became of each mail."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.values.campaign import REAL
from tasks.documents.french import quantity
from tasks.french.moments import paris_moment
from tasks.pages.causes import failed, groups, lines_elsewhere, row
from tasks.pages.coverage import coverage_table
from tasks.pages.coverage_classes import CoverageClass, count, counted
from tasks.pages.facts import CampaignFacts, SentLine
from tasks.pages.pictures import Part, stacked_bar
from tasks.pages.publishing import COVERAGE, page_key
from tasks.pages.rendering import render_page
from tasks.pages.reviewed import Review

S = DeliveryState
NAMED = 3  # more structures than that are counted


@dataclass(frozen=True, slots=True)
class Links:
    """The other pages of the campaign."""

    unmailed: UUID
    coverage: UUID


def campaign_title(facts: CampaignFacts) -> str:
    """``Campagne de septembre 2024, EHPAD Les Tilleuls``."""
    names = list(facts.structures.values())
    if not facts.campaign.structures and len(names) > NAMED:
        where = f"toutes les structures ({len(names)})"
    elif len(names) > NAMED:
        where = f"{len(names)} structures"
    else:
        where = " et ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
    title = f"{facts.kind.campaign} {facts.kind.of(facts.when)}"
    title = title[0].upper() + title[1:] if facts.campaign.purpose == REAL else f"Essai : {title}"
    return f"{title}, {where}" if where else title


def campaign_page(facts: CampaignFacts, headline: str, links: Links | None = None, review: Review | None = None) -> str:
    """The page as Markdown. ``headline`` is the sentence that the run ends with; a trial's page has no links."""
    real = facts.campaign.purpose == REAL
    counts = count(facts.standings) if real else _counts_of_trial(facts)
    words = _in_words(facts, counts)
    elsewhere = lines_elsewhere(facts) if real else []
    accepted = [line for line in facts.lines if line.delivery.state is S.ACCEPTED]
    return render_page(
        "result",
        kind=facts.kind,
        when=facts.when,
        of_when=facts.kind.covered(facts.when),
        title=campaign_title(facts),
        headline=headline,
        trial=facts.campaign.redirected_to,
        picture=stacked_bar([Part(found, counts[found]) for found in CoverageClass], words),
        words=words,
        total=quantity(Decimal(counts.total())),
        stops=facts.stops,
        not_shown=facts.not_shown,
        todo=_to_do(facts, counts) if real else {},
        next_try=paris_moment(facts.next_try),
        table=coverage_table(facts.standings) if real and facts.standings else None,
        groups=groups(facts.lines),
        elsewhere=groups(elsewhere),
        failed_elsewhere=len(elsewhere),
        month_page=page_key(facts.campaign, COVERAGE),
        failed=sum(failed(line) for line in facts.lines),
        waiting=[row(line) for line in facts.lines if line.delivery.state is not S.ACCEPTED and not failed(line)],
        sent=_by_structure(facts, accepted),
        links=links,
        review=review,
    )


def _counts_of_trial(facts: CampaignFacts) -> Counter[CoverageClass]:
    """A trial changes no coverage: what is counted is what became of its own mails."""
    tally = facts.tally
    return Counter(
        {
            CoverageClass.MAILED: tally.sent,
            CoverageClass.FAILED: tally.refused,
            CoverageClass.UNCERTAIN: tally.uncertain,
            CoverageClass.WAITING: tally.deferred + tally.waiting,
            CoverageClass.EXCLUDED: tally.withdrawn,
        }
    )


def _in_words(facts: CampaignFacts, counts: Counter[CoverageClass]) -> str:
    total = counts.total()
    noun = facts.kind.covered_many if total > 1 else facts.kind.covered_one
    parts = ", ".join(counted(label, counts[label]) for label in CoverageClass if counts[label])
    return (
        f"{quantity(Decimal(total))} {noun} {facts.kind.covered(facts.when)} : {parts}."
        if total
        else f"Aucune {facts.kind.covered_one}."
    )


def _to_do(facts: CampaignFacts, counts: Counter[CoverageClass]) -> dict[str, int]:
    """How many documents each thing to do is about."""
    deferred = sum(
        s.coverage is Coverage.WAITING and any(d.state is S.DEFERRED for d in s.deliveries) for s in facts.standings
    )
    return {
        "failed": counts[CoverageClass.FAILED],
        "uncertain": counts[CoverageClass.UNCERTAIN],
        "to_print": counts[CoverageClass.TO_PRINT],
        "deferred": deferred,
        "waiting": counts[CoverageClass.WAITING] - deferred,
    }


def _by_structure(facts: CampaignFacts, lines: list[SentLine]) -> list[tuple[str, list[dict[str, str]]]]:
    """What was accepted, by structure, in the order of the screen."""
    codes = {code: position for position, code in enumerate(facts.structures)}
    ordered = sorted(lines, key=lambda line: codes.get(line.shown["structure"], len(codes)))
    return [
        (facts.structures.get(code, code), [row(line) for line in found])
        for code, found in groupby(ordered, key=lambda line: str(line.shown["structure"]))
    ]


def description(facts: CampaignFacts) -> str:
    """What the list of artifacts says of the page."""
    return f"À lire d'abord : {campaign_title(facts)}"
