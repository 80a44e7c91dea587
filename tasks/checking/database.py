"""The database: whether it opens and is the one that this code was written for, and what lies in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from models.database.schema import is_current
from tasks.checking.facts import Facts
from tasks.checking.result import Finding, Light
from tasks.checking.words import listed
from tasks.french.moments import paris_moment
from tasks.french.numbers import counted

STALE_IMPORT_DAYS = 35


def check_database(url: str) -> Finding:
    """Whether the database opens and has the newest schema. A file that is not there is not made."""
    place = make_url(url).render_as_string(hide_password=True)
    file = make_url(url).database if url.startswith("sqlite") else None
    if file and not Path(file).is_file():
        return Finding(
            "database", Light.RED, f"La base de données {file} n'existe pas.", "Lancer « facteur up » ou « migrate »."
        )
    try:
        current = is_current(url)
    except SQLAlchemyError as error:
        return broken(error)
    if not current:
        return Finding(
            "database",
            Light.RED,
            "La base de données n'a pas le schéma de cette version de Facteur.",
            "Lancer « facteur migrate », puis recommencer.",
        )
    return Finding("database", Light.GREEN, f"{place}, schéma à jour")


def broken(error: SQLAlchemyError) -> Finding:
    """The line of a database that does not answer."""
    return Finding(
        "database",
        Light.RED,
        "La base de données ne s'ouvre pas.",
        "Vérifier FACTEUR_DATABASE_URL ou FACTEUR_VAR, et que le serveur de la base est démarré.",
        detail=" ".join(str(getattr(error, "orig", None) or type(error).__name__).split()),
    )


def check_structures(facts: Facts) -> Finding:
    """Whether there are structures, and those that were asked for."""
    if facts.unknown:
        return Finding(
            "structures",
            Light.RED,
            f"Structure inconnue : {listed(list(facts.unknown))}.",
            "Corriger le code, ou laisser « structures » vide pour les vérifier toutes.",
        )
    if not facts.facilities:
        return Finding(
            "structures",
            Light.RED,
            "Aucune structure n'est connue.",
            "Importer d'abord les données avec « importer-les-donnees ».",
        )
    names = [facility.code for facility in facts.facilities]
    return Finding("structures", Light.GREEN, f"{counted(len(names), 'structure')} : {listed(names)}")


def check_import(facts: Facts, now: datetime) -> Finding:
    """When data came in last; what is older than a billing month is worth a look."""
    if facts.imported_at is None:
        return Finding("import", Light.ORANGE, "Rien n'a encore été importé.", "Lancer « importer-les-donnees ».")
    days = (now - facts.imported_at).days
    if days > STALE_IMPORT_DAYS:
        return Finding(
            "import",
            Light.ORANGE,
            f"Le dernier import date du {paris_moment(facts.imported_at)} ({days} jours).",
            "Importer les données du mois avant le prochain envoi.",
        )
    return Finding("import", Light.GREEN, f"le {paris_moment(facts.imported_at)}")
