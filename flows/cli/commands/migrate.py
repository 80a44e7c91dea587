"""``facteur migrate``: the database gets the schema of this version."""

from __future__ import annotations

import argparse

from sqlalchemy.engine import make_url

from flows.cli.machine.schema import bring_up_to_date
from settings.load import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: the database is a setting."""


def run(_arguments: argparse.Namespace) -> int:
    """Bring the database to this version's schema, and say which database that is."""
    settings = load_settings()
    bring_up_to_date(settings)
    print(f"La base de données est à jour : {make_url(settings.database).render_as_string()}")
    return 0
