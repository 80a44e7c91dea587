"""The classes of the coverage as the pages show them: waiting splits into what is to print and what is to send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from models.reading.standings import Standing
from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress
from tasks.documents.french import quantity
from tasks.french.labels import COVERAGE, ONE_INVOICE

TO_PRINT = "à imprimer"
IN_ORDER = (
    COVERAGE[Coverage.MAILED],
    COVERAGE[Coverage.PRINTED],
    COVERAGE[Coverage.FAILED],
    COVERAGE[Coverage.UNCERTAIN],
    TO_PRINT,
    COVERAGE[Coverage.WAITING],
    COVERAGE[Coverage.EXCLUDED],
)
HEADING = {
    COVERAGE[Coverage.MAILED]: "Par e-mail",
    COVERAGE[Coverage.PRINTED]: "Imprimées",
    COVERAGE[Coverage.FAILED]: "En échec",
    COVERAGE[Coverage.UNCERTAIN]: "Incertaines",
    TO_PRINT: "À imprimer",
    COVERAGE[Coverage.WAITING]: "En attente",
    COVERAGE[Coverage.EXCLUDED]: "Exclues",
}
_OF_ONE = {COVERAGE[found]: ONE_INVOICE[found] for found in Coverage}
_ALWAYS_SHOWN = frozenset({COVERAGE[Coverage.MAILED]})


def class_of(standing: Standing) -> str:
    """The label of a document's class: one of IN_ORDER."""
    if standing.coverage is Coverage.WAITING and isinstance(standing.recipients, NoAddress):
        return TO_PRINT
    return COVERAGE[standing.coverage]


def count(standings: Iterable[Standing]) -> Counter[str]:
    """How many documents are in each class; the classes add up to their number."""
    return Counter(class_of(standing) for standing in standings)


def columns(counts: Counter[str]) -> list[str]:
    """The classes that a table has to show: those that are not empty, and what was mailed."""
    return [label for label in IN_ORDER if counts[label] or label in _ALWAYS_SHOWN]


def counted(label: str, number: int) -> str:
    """``84 envoyées par e-mail``, ``1 incertaine``."""
    return f"{quantity(Decimal(number))} {_OF_ONE.get(label, label) if number == 1 else label}"


def share(part: int, total: int) -> str:
    """``91 %``, ``99,4 %``; never ``100 %`` nor ``0 %`` while something is missing, or is there."""
    if not total:
        return ""
    exact = Decimal(100 * part) / total
    rounded = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if part and rounded == 0:
        return "< 0,1\N{NO-BREAK SPACE}%"
    if part < total and rounded == 100:
        return "> 99,9\N{NO-BREAK SPACE}%"
    return f"{rounded.normalize():f}\N{NO-BREAK SPACE}%".replace(".", ",")
