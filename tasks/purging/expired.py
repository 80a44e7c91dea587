"""One class of what is too old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """What may go of one class, and how. ``size`` in bytes, None for what lies in a database.

    ``held`` counts what is old enough and stays, because it waits, is uncertain or was never sent.
    """

    what: str
    kept_for: str
    count: int
    size: int | None
    oldest: datetime | None
    newest: datetime | None
    held: int
    remove: Callable[[], None]
