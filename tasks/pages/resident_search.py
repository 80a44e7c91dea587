"""Which resident is meant by a name, a code or the number of an invoice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.tables.invoice import Invoice
from models.tables.people import Resident
from models.values.people import alphabetical

_BETWEEN_WORDS = re.compile(r"[\s'’-]+")


@dataclass(frozen=True, slots=True)
class FoundResident:
    """A resident who may be meant."""

    resident_id: int
    structure_code: str
    structure_name: str
    code: str
    name: str


def find_residents(session: Session, wanted: str, structures: Sequence[str] = ()) -> list[FoundResident]:
    """The residents with this code or this invoice; or else those whose name has all the words, by name.

    Case and accents do not matter, nor the order of first and last name; a word may be the beginning of a name.
    """
    residents = session.scalars(select(Resident).options(joinedload(Resident.structure))).all()
    residents = [r for r in residents if not structures or r.structure.code in structures]
    words = _words(wanted)
    if not words:
        return []
    key = " ".join(words)
    billed = set(
        session.scalars(
            select(Invoice.resident_id).where(Invoice.number == wanted.strip(), Invoice.resident_id.is_not(None))
        )
    )
    found = [r for r in residents if r.id in billed or " ".join(_words(r.code)) == key]
    if not found:
        found = [r for r in residents if _is_named(r, words)]
    exact = [r for r in found if sorted(_words(r.full_name)) == sorted(words)]
    return [
        FoundResident(r.id, r.structure.code, r.structure.name, r.code, r.full_name)
        for r in sorted(exact or found, key=lambda r: (alphabetical(r.full_name), alphabetical(r.structure.name), r.id))
    ]


def _words(text: str) -> list[str]:
    return _BETWEEN_WORDS.sub(" ", alphabetical(text)).split()


def _is_named(resident: Resident, words: list[str]) -> bool:
    names = _words(resident.full_name)
    return all(any(name.startswith(word) for name in names) for word in words)
