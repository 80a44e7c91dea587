"""How a run ends, what ends it before its time, and why it does not begin."""

from __future__ import annotations

from dataclasses import dataclass

from models.values.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing more leaves through this relay in this run: its pool is closed. ``sentence`` says why, in French."""

    sentence: str
    remedy: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was asked for cannot be done: nothing was changed, and one French sentence says why and what to do."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends: the French sentence that a person reads, and ``failed`` when she has something to do.

    ``page`` is Markdown, published under ``key``; both are empty when there is nothing to show.
    """

    sentence: str
    failed: bool = False
    page: str = ""
    key: str = ""
