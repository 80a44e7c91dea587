"""``facteur migrate``: the database gets the schema of this version."""

from __future__ import annotations

import argparse

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from flows.cli.refusal import CannotGoOnError
from models.database.schema import migrate
from settings.load import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: the database is a setting."""


def run(_arguments: argparse.Namespace) -> int:
    """Bring the database to this version's schema, and say which database that is."""
    settings = load_settings()
    bring_up_to_date(settings)
    print(f"La base de données est à jour : {make_url(settings.database).render_as_string()}")
    return 0


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the database of the settings; its folder, which only its owner may enter, is made when missing."""
    settings.var.resolve().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        migrate(settings.database)
    except OperationalError as error:
        first_line = str(error.orig).strip().partition("\n")[0]
        shown = make_url(settings.database).render_as_string()
        raise CannotGoOnError(f"La base de données {shown} ne s'ouvre pas : {first_line}") from None
