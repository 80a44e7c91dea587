"""A free selection: exactly the documents that a clerk named, or a sentence that says which of them is not known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.values.ending import Refusal
from models.values.people import alphabetical

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """A document that can be named, by any of ``names``; what ``debtor`` tells apart, one name must not mix."""

    document: T
    debtor: int
    described: str
    names: tuple[str, ...]


def pick(candidates: Sequence[Candidate[T]], wanted: Collection[str], among: str) -> list[T] | Refusal:
    """The documents that are named, each once; accents and case do not matter. ``among`` says where they were sought.

    A Refusal when a name is not found, or could mean several.
    """
    found: dict[int, T] = {}
    missing: list[str] = []
    for text in wanted:
        places = [place for place, candidate in enumerate(candidates) if _named(candidate.names, text)]
        if len({candidates[place].debtor for place in places}) > 1:
            listed = ", ".join(dict.fromkeys(candidates[place].described for place in places))
            return Refusal(
                f"« {text} » peut désigner plusieurs documents : {listed}. Donnez un numéro, ou précisez la "
                "structure. Rien n'a été imprimé."
            )
        if not places:
            missing.append(text)
        found |= {place: candidates[place].document for place in places}
    if missing:
        return Refusal(f"Introuvable parmi {among} : {', '.join(missing)}. Rien n'a été imprimé.")
    return list(found.values())


def as_named(texts: Collection[str] | None) -> tuple[str, ...]:
    """What a clerk typed, without what is empty or comes again."""
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts or () if text.strip()))


def _named(names: Collection[str], text: str) -> bool:
    return alphabetical(text) in {alphabetical(" ".join(name.split())) for name in names}
