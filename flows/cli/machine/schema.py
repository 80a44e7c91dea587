"""The database that the settings name, at the schema of this version."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from flows.cli.machine.refusal import CannotGoOnError
from models.database.schema import migrate
from models.database.session import writing
from settings.load import Settings
from tasks.kinds.settling import settle_all


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the database of the settings; its folder, which only its owner may enter, is made when missing."""
    settings.var.resolve().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        migrate(settings.database)
        with writing(settings.database) as session:
            settle_all(session)
    except OperationalError as error:
        first_line = str(error.orig).strip().partition("\n")[0]
        shown = make_url(settings.database).render_as_string()
        raise CannotGoOnError(f"La base de données {shown} ne s'ouvre pas : {first_line}") from None
