"""Imports every table, so that ``Base.metadata`` is complete for Alembic and for relationships."""

from models.tables import (  # noqa: F401
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
    structure_trial,
)
