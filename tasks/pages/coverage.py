"""Where every document of a period stands, what is left to do, and who gets no e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.reading.standings import DeliveryStanding, Standing
from models.rules.causes import explain
from models.rules.recipients import NoAddress, Role
from models.rules.states import FAILED, DeliveryState
from tasks.french.labels import NO_ADDRESS, ROLE, STATE
from tasks.french.moments import paris_day, paris_moment
from tasks.pages.coverage_classes import HEADING, CoverageClass, class_of, columns, count
from tasks.pages.facts import CampaignFacts
from tasks.pages.rendering import render_page

# What a person has to act on stands first.
_TO_DO = (
    CoverageClass.FAILED,
    CoverageClass.UNCERTAIN,
    CoverageClass.TO_PRINT,
    CoverageClass.WAITING,
    CoverageClass.EXCLUDED,
)


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """A table of counts: one row per structure (name, counts, total), one column per class, and the totals."""

    headings: list[str]
    rows: list[tuple[str, list[int], int]]
    totals: list[int]
    total: int


def coverage_table(standings: Sequence[Standing]) -> CoverageTable:
    """The coverage by structure; the classes add up to the number of documents, in each row and in the last."""
    counts = count(standings)
    labels = columns(counts)
    structures = dict.fromkeys((s.structure_code, s.structure_name) for s in standings)
    rows = []
    for code, name in structures:
        found = count(s for s in standings if s.structure_code == code)
        rows.append((name, [found[label] for label in labels], found.total()))
    return CoverageTable(
        [HEADING[label] for label in labels], rows, [counts[label] for label in labels], len(standings)
    )


def coverage_page(facts: CampaignFacts) -> str:
    """One class per document, and what is left to do."""
    return render_page(
        "coverage",
        of_when=facts.kind.of(facts.when),
        kind=facts.kind,
        table=coverage_table(facts.standings),
        sections=[
            (HEADING[label], [_to_do(s) for s in facts.standings if class_of(s) == label])
            for label in _TO_DO
            if any(class_of(s) == label for s in facts.standings)
        ],
    )


def unmailed_page(facts: CampaignFacts) -> str:
    """Who gets no e-mail, and why; and who has no document at all."""
    rows = [
        {
            "structure": s.structure_name,
            "name": s.name,
            "number": s.number,
            "why": NO_ADDRESS[s.recipients],
            "printed": paris_moment(s.printed_at) or paris_day(s.imported_printed_on),
        }
        for s in facts.standings
        if isinstance(s.recipients, NoAddress)
    ]
    return render_page(
        "unmailed",
        of_when=facts.kind.of(facts.when),
        for_when=facts.kind.for_(facts.when),
        kind=facts.kind,
        rows=rows,
        undocumented=facts.undocumented,
    )


def _to_do(standing: Standing) -> dict[str, str]:
    return {
        "structure": standing.structure_name,
        "name": standing.name,
        "number": standing.number,
        "detail": where_it_stands(standing, "\n"),
    }


def where_it_stands(standing: Standing, between: str = ", ") -> str:
    """The state of each person's last sending, "résident : envoyé, tuteur : refusé"; or why there is none."""
    found = [f"{ROLE[Role(d.role)]} : {_state(d)}" for d in standing.deliveries]
    if isinstance(standing.recipients, NoAddress):
        return between.join(found) or NO_ADDRESS[standing.recipients]
    if not standing.is_settled:
        found += [f"{ROLE[r.role]} : à envoyer" for r in standing.recipients if r.key in standing.unserved]
    return between.join(found)


def _state(delivery: DeliveryStanding) -> str:
    return "non composé" if delivery.unwritten else STATE[delivery.state]


def why_it_failed(standing: Standing) -> str:
    """The cause of each sending that failed or is uncertain: "tuteur : Cette adresse n'existe pas chez le
    destinataire.".
    """
    bad = [d for d in standing.deliveries if d.unwritten or d.state in FAILED or d.state is DeliveryState.UNCERTAIN]
    return " ".join(f"{ROLE[Role(d.role)]} : {_cause(d)}" for d in bad)


def _cause(delivery: DeliveryStanding) -> str:
    if delivery.evidence is not None:
        return explain(delivery.evidence).cause
    return delivery.note or _state(delivery)
