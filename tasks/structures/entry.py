"""Whether what a clerk typed can be stored, and one French sentence for each thing that keeps it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.reading.invoice_sources import INVOICE_WORDING
from tasks.documents.wording import COPY, drop_idle_lines, keywords_in
from tasks.entry.parsing import text as one_line
from tasks.entry.problems import Problem, visible
from tasks.structures.fields import BODY, EVERY_KEYWORD, FIELDS, Field

INITIALS = "vos_initiales"
LONGEST_INITIALS = 20

_REQUIRED = "{title} : ce champ est vide ; attendu : une seule adresse, comme prenom.nom@example.org."
_NO_INITIALS = "Vos initiales : ce champ est vide ; attendu : vos initiales, gardées dans l'historique."
_WITHOUT_VALUE = "{title} : le mot-clé « &{keyword} » n'a pas de valeur ici, retirez-le."
_NOTHING_LEFT = (
    "{title} : une ligne qui contient « &copie_a » disparaît quand personne d'autre ne reçoit la facture, et il ne "
    "resterait rien ; écrivez cette phrase sur une ligne à part."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed: ``values`` by the fields' keys, as far as they could be read, and every fault."""

    values: Mapping[str, str]
    initials: str
    faults: tuple[str, ...] = ()


def read_entry(typed: Mapping[str, Any]) -> Entry:
    """Read the words of a form. A field that is missing was emptied: the UI leaves such fields out."""
    faults: list[str] = []
    initials = _read_initials(typed, faults)
    values = {field.key: _read(field, str(typed.get(field.name) or ""), faults) for field in FIELDS}
    return Entry(values, initials, tuple(faults))


def _read_initials(typed: Mapping[str, Any], faults: list[str]) -> str:
    written = str(typed.get(INITIALS) or "")
    initials = one_line(LONGEST_INITIALS)(written)
    if isinstance(initials, Problem):
        faults.append(f"Vos initiales : « {visible(written)} » {initials.problem} ; attendu : {initials.expected}.")
        return ""
    if not initials:
        faults.append(_NO_INITIALS)
    return str(initials)


def _read(field: Field, written: str, faults: list[str]) -> str:
    """The value to store; what cannot be stored is given back as it was typed, with its faults."""
    if not written.strip():
        if field.required:
            faults.append(_REQUIRED.format(title=field.title))
        return ""
    value = field.parse(written)
    if isinstance(value, Problem):
        faults.append(f"{field.title} : « {visible(written)} » {value.problem} ; attendu : {value.expected}.")
        return written
    slips = field.check(value) if field.check else []
    faults += [f"{field.title} : {_as_clause(slip)}" for slip in slips]
    faults += [
        _WITHOUT_VALUE.format(title=field.title, keyword=keyword)
        for keyword in keywords_in(value, EVERY_KEYWORD)
        if keyword not in field.keywords
    ]
    if field.key == f"{INVOICE_WORDING}.{BODY}" and not drop_idle_lines(value, {COPY: ""}):
        faults.append(_NOTHING_LEFT.format(title=field.title))
    return str(value)


def _as_clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
