"""The classes of the coverage as the pages show them: waiting splits into what is to print and what is to send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from models.reading.standings import Standing
from tasks.documents.french import quantity
from tasks.french.labels import COVERAGE, ONE_INVOICE


class CoverageClass(StrEnum):
    """A class as the pages show it, in their order."""

    MAILED = "mailed"
    PRINTED = "printed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    TO_PRINT = "to-print"
    WAITING = "waiting"
    EXCLUDED = "excluded"


C = CoverageClass
LABEL = {C(found.value): words for found, words in COVERAGE.items()} | {C.TO_PRINT: "à imprimer"}
_OF_ONE = {C(found.value): words for found, words in ONE_INVOICE.items()} | {C.TO_PRINT: "à imprimer"}
HEADING = {
    C.MAILED: "Par e-mail",
    C.PRINTED: "Imprimées",
    C.FAILED: "En échec",
    C.UNCERTAIN: "Incertaines",
    C.TO_PRINT: "À imprimer",
    C.WAITING: "En attente",
    C.EXCLUDED: "Exclues",
}
_ALWAYS_SHOWN = frozenset({C.MAILED})


def class_of(standing: Standing) -> CoverageClass:
    """The class of a document."""
    return C.TO_PRINT if standing.waits_for_printing else C(standing.coverage.value)


def count(standings: Iterable[Standing]) -> Counter[CoverageClass]:
    """How many documents are in each class; the classes add up to their number."""
    return Counter(class_of(standing) for standing in standings)


def columns(counts: Counter[CoverageClass]) -> list[CoverageClass]:
    """The classes that a table has to show: those that are not empty, and what was mailed."""
    return [found for found in C if counts[found] or found in _ALWAYS_SHOWN]


def counted(found: CoverageClass, number: int) -> str:
    """``84 envoyées par e-mail``, ``1 incertaine``."""
    return f"{quantity(Decimal(number))} {(_OF_ONE if number == 1 else LABEL)[found]}"


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
