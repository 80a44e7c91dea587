"""What failed, grouped by cause: what to do about it, and who can do it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.rules.causes import Cause, explain
from models.rules.states import FAILED, DeliveryState
from tasks.french.labels import ROLE, STATE, observed
from tasks.french.moments import paris_moment
from tasks.pages.facts import CampaignFacts, SentLine
from tasks.pages.rendering import render_page

S = DeliveryState
INTERRUPTED = "L'envoi a été interrompu au moment de la remise : nul ne sait s'il est parti."
ASK = (
    "Demandez au destinataire, ou au gestionnaire de la messagerie, si le message est arrivé, puis lancez "
    "« regler-les-incertains »."
)
CLERK = "le service facturation"


@dataclass(frozen=True, slots=True)
class Group:
    """The deliveries that failed for one cause."""

    cause: str
    remedy: str
    who: str
    rows: list[dict[str, str]] = field(default_factory=list)


def failed(line: SentLine) -> bool:
    """Whether a delivery was refused, given up, not composed, or is uncertain: a person has something to do."""
    delivery = line.delivery
    return delivery.state in FAILED or delivery.state is S.UNCERTAIN or delivery.unwritten


def groups(lines: Iterable[SentLine]) -> list[Group]:
    """The failures by cause, the most frequent first."""
    by_cause: dict[Cause | None, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        if failed(line):
            evidence = line.delivery.evidence
            by_cause[explain(evidence) if evidence else None].append(row(line))
    found = [
        Group(cause.cause, cause.remedy, cause.who.value, rows) if cause else Group(INTERRUPTED, ASK, CLERK, rows)
        for cause, rows in by_cause.items()
    ]
    return sorted(found, key=lambda group: -len(group.rows))


def lines_elsewhere(facts: CampaignFacts) -> list[SentLine]:
    """What failed of the same documents' month in other campaigns, and still counts."""
    found = {
        delivery.delivery_id: SentLine(
            standing.document_id or 0,
            {"structure": standing.structure_code, "name": standing.name, "number": standing.number},
            delivery,
        )
        for standing in facts.failed_elsewhere
        for delivery in standing.deliveries
    }
    return [line for line in found.values() if failed(line)]


def row(line: SentLine) -> dict[str, str]:
    """A delivery as a row of a table."""
    shown, delivery = line.shown, line.delivery
    return {
        "structure": shown["structure"],
        "name": shown["name"],
        "number": shown["number"],
        "role": ROLE.get(delivery.role, delivery.role),  # type: ignore[call-overload]
        "address": delivery.address,
        "state": "non composé" if delivery.unwritten else STATE[delivery.state],
        "at": paris_moment(delivery.accepted_at or delivery.changed_at),
        "next": paris_moment(delivery.not_before),
        "reply": delivery.note or observed(delivery.evidence),
    }


def failures_page(facts: CampaignFacts) -> str:
    """The page that lists nothing but the failures."""
    return render_page(
        "failures",
        of_when=facts.kind.of(facts.when),
        kind=facts.kind,
        groups=groups([*facts.lines, *lines_elsewhere(facts)]),
    )
