"""Imports every table, so that ``Base.metadata`` is complete for Alembic and for relationships."""

from models import (
    campaign,
    decision,
    delivery,
    document,
    import_run,
    invoice,
    organisation,
    people,
    relay_pace,
    reminder,
    structure_change,
)
from models.base import Base

__all__ = [
    "Base",
    "campaign",
    "decision",
    "delivery",
    "document",
    "import_run",
    "invoice",
    "organisation",
    "people",
    "relay_pace",
    "reminder",
    "structure_change",
]
