"""What a clerk sets of the reminders of an association: the fields of the form, and what was typed in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from models.reading.reminder_terms import Terms
from models.rules.reminders import LevelTerms
from models.values.kinds import Channel
from models.values.reminder_paper import FORMAL_NOTICE, LEVEL_NAMES
from tasks.entry import parsing
from tasks.entry.problems import Problem, visible
from tasks.french.labels import CHANNEL

INITIALS = "vos_initiales"
LONGEST_INITIALS = 20
MINIMUM, FRESH = "solde_minimum", "fraicheur_des_soldes"
LONGEST_MINIMUM = Decimal(10_000)

_EMPTY = "{title} : ce champ est vide ; attendu : {expected}."
_WRONG = "{title} : « {written} » ne convient pas ; attendu : {expected}."
_NOT_INCREASING = (
    "{later} : {days} jours après l'échéance, pas plus que {earlier} ({before} jours) ; attendu : davantage de jours à "
    "chaque niveau."
)


@dataclass(frozen=True, slots=True)
class Days:
    """One field of whole days. ``part`` is a column of a reminder level, empty for the association's own field."""

    name: str
    title: str
    lowest: int
    highest: int
    level: int = 0
    part: str = ""

    @property
    def expected(self) -> str:
        return f"un nombre entier de jours, de {self.lowest} à {self.highest}"


# Without an interval for level 1, which has no reminder before it.
_PARTS = (
    ("jours", "days_overdue", "jours après l'échéance", 0, 730, (1, 2, 3)),
    ("intervalle", "interval_days", "jours au moins depuis la relance précédente", 0, 365, (2, 3)),
    ("delai", "answer_days", "jours accordés pour payer", 1, 90, (1, 2, 3)),
)
LAST_PART = _PARTS[-1][1]
_NAMES = {1: "relance_1", 2: "relance_2", 3: "mise_en_demeure"}
DAYS = (
    *(
        Days(f"{_NAMES[level]}_{suffix}", f"{said.capitalize()} : {words}", lowest, highest, level, part)
        for level, said in LEVEL_NAMES.items()
        for suffix, part, words, lowest, highest, levels in _PARTS
        if level in levels
    ),
    Days(FRESH, "Ancienneté maximale des soldes importés, en jours", 1, 90),
)
# A formal notice goes by letter, unless a person says otherwise at the review.
CHANNELS = {level: f"{_NAMES[level]}_canal" for level in LEVEL_NAMES if level < FORMAL_NOTICE}


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """What was typed: ``terms`` when all of it can be stored, else every fault, in French."""

    terms: Terms | None
    initials: str
    faults: tuple[str, ...] = ()


def as_typed(terms: Terms) -> dict[str, int | str]:
    """The values of the form's fields for these terms."""
    found: dict[str, int | str] = {MINIMUM: f"{terms.minimum_balance:.2f}".replace(".", ",")}
    for field in DAYS:
        found[field.name] = _days_of(terms, field)
    return found | {name: CHANNEL[terms.channels[level - 1]] for level, name in CHANNELS.items()}


def _days_of(terms: Terms, field: Days) -> int:
    if not field.level:
        return terms.fresh_days
    level = terms.levels[field.level - 1]
    parts = {
        "days_overdue": level.days_overdue,
        "interval_days": level.interval_days,
        "answer_days": terms.answer_days[field.level - 1],
    }
    return parts[field.part]


def read_policy_entry(typed: Mapping[str, Any]) -> PolicyEntry:
    """Read the words of a form. A field that is missing was emptied: the UI leaves such fields out."""
    faults: list[str] = []
    initials = parsing.text(LONGEST_INITIALS)(str(typed.get(INITIALS) or ""))
    if isinstance(initials, Problem) or not initials:
        faults.append(_EMPTY.format(title="Vos initiales", expected="vos initiales, gardées dans l'historique"))
        initials = ""
    days = {field.name: _read_days(field, typed.get(field.name), faults) for field in DAYS}
    delays = [days[field.name] for field in DAYS if field.part == "days_overdue"]
    for earlier, (before, after) in enumerate(pairwise(delays), start=1):
        if before is not None and after is not None and after <= before:
            later = LEVEL_NAMES[earlier + 1].capitalize()
            faults.append(
                _NOT_INCREASING.format(later=later, days=after, earlier=f"la {LEVEL_NAMES[earlier]}", before=before)
            )
    minimum = _read_minimum(str(typed.get(MINIMUM) or ""), faults)
    channels = tuple(_read_channel(str(typed.get(CHANNELS.get(level, "")) or "")) for level in LEVEL_NAMES)
    if faults:
        return PolicyEntry(None, str(initials), tuple(faults))

    def part(level: int, name: str) -> int:
        return next((days[field.name] or 0 for field in DAYS if (field.level, field.part) == (level, name)), 0)

    terms = Terms(
        levels=tuple(LevelTerms(part(level, "days_overdue"), part(level, "interval_days")) for level in LEVEL_NAMES),
        answer_days=tuple(part(level, "answer_days") for level in LEVEL_NAMES),
        channels=channels,
        minimum_balance=minimum,
        fresh_days=days[FRESH] or 0,
    )
    return PolicyEntry(terms, str(initials))


def _read_days(field: Days, written: object, faults: list[str]) -> int | None:
    text = "" if written is None else str(written).strip()
    if not text:
        faults.append(_EMPTY.format(title=field.title, expected=field.expected))
        return None
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not field.lowest <= int(text) <= field.highest:
        faults.append(_WRONG.format(title=field.title, written=visible(text), expected=field.expected))
        return None
    return int(text)


def _read_minimum(written: str, faults: list[str]) -> Decimal:
    title, expected = "Solde minimum", "un montant de 0 à 10 000 €, comme 5,00"
    found = parsing.amount(written) if written.strip() else None
    if found is None:
        faults.append(_EMPTY.format(title=title, expected=expected))
    elif isinstance(found, Problem) or not 0 <= found <= LONGEST_MINIMUM:
        faults.append(_WRONG.format(title=title, written=visible(written.strip()), expected=expected))
    else:
        return found
    return Decimal(0)


def _read_channel(written: str) -> Channel:
    """The channel that was chosen from the list; without a list, a letter."""
    return next((channel for channel, word in CHANNEL.items() if word == written), Channel.LETTER)
