"""Sessions on the ledger: the database that the settings name."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from models.database.session import reading, writing
from settings.load import load_settings


def reading_ledger() -> AbstractContextManager[Session]:
    """A session that only reads."""
    return reading(load_settings().database)


def writing_ledger() -> AbstractContextManager[Session]:
    """A session in one transaction, committed at the end, undone when an exception leaves the block."""
    return writing(load_settings().database)
