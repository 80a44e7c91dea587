"""How a run ends, and what ends it before its time."""

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
class Outcome:
    """How a campaign's run ends: whether a person has something to do, and the sentence that says what."""

    failed: bool
    sentence: str
