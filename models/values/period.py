"""The month an invoice is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_WRITTEN = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month, written ``2024-09`` wherever it is stored or typed."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period | None:
        """Read ``AAAA-MM``; None when the text is not a month written that way."""
        match = _WRITTEN.fullmatch(text.strip())
        if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1900:
            return None
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def before(cls, day: date) -> Period:
        """The month that precedes the month of ``day``: what a monthly run bills when nobody names a period."""
        return cls(day.year - 1, 12) if day.month == 1 else cls(day.year, day.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
