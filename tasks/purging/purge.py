"""What is older than it may be kept: found, shown, and on demand removed.

The proof of a sending stays: deliveries, versions, printings, decisions, and the key of the archived bytes, whose
absence tells that they were removed. What waits or is uncertain is never touched, however old. Everything can be done
twice: a run that was killed in the middle is simply run again.
"""

from __future__ import annotations

from models.database.clock import utc_now
from models.values.ending import Ending
from settings.load import load_settings
from tasks.french.moments import paris_moment
from tasks.pages.rendering import render_page
from tasks.purging.archived import find_archived
from tasks.purging.attempts import find_attempts
from tasks.purging.expired import Expired
from tasks.purging.leftovers import find_logs, find_trials
from tasks.purging.limits import Limits
from tasks.purging.prints import find_prints
from tasks.purging.runs import find_runs

WHAT = {
    "messages": ("Messages envoyés", "message", "messages"),
    "pdfs": ("Factures importées (PDF)", "PDF importé", "PDF importés"),
    "strays": ("Fichiers d'archive sans envoi ni facture", "fichier sans référence", "fichiers sans référence"),
    "attempts": ("Détail des tentatives", "tentative", "tentatives"),
    "prints": ("Fichiers à imprimer", "fichier à imprimer", "fichiers à imprimer"),
    "trials": ("Boîte d'essai et exemple", "fichier d'essai", "fichiers d'essai"),
    "logs": ("Journaux de Facteur", "journal", "journaux"),
    "runs": ("Exécutions, journaux et comptes rendus", "exécution", "exécutions"),
}


def purge(*, apply: bool) -> Ending:
    """Find what is older than the settings allow, and remove it when ``apply`` says so."""
    settings, now = load_settings(), utc_now()
    limits = Limits.of(settings.retention, now)
    found = [
        *find_archived(settings, limits),
        find_attempts(settings, limits),
        find_prints(settings, limits),
        find_trials(settings, limits),
        find_logs(settings, limits),
        find_runs(settings, limits),
    ]
    if apply:
        for expired in found:
            expired.remove()
    page = render_page("purge", at=paris_moment(now), applied=apply, rows=[_row(expired) for expired in found])
    return Ending(_sentence(found, applied=apply), page=page)


def _row(expired: Expired) -> dict[str, object]:
    return {
        "what": WHAT[expired.what][0],
        "kept_for": expired.kept_for,
        "count": expired.count,
        "size": _size(expired.size),
        "oldest": paris_moment(expired.oldest),
        "newest": paris_moment(expired.newest),
        "held": expired.held,
    }


def _sentence(found: list[Expired], *, applied: bool) -> str:
    counted = ", ".join(
        f"{expired.count} {WHAT[expired.what][2 if expired.count > 1 else 1]}" for expired in found if expired.count
    )
    if not counted:
        return "Rien n'est plus ancien que les durées de conservation."
    if applied:
        return f"Supprimé : {counted}."
    return f"À supprimer : {counted}. Rien n'a été supprimé : pour le faire, relancez avec « appliquer »."


def _size(size: int | None) -> str:
    """In megabytes, as a French reader writes them; empty where there are no files."""
    return "" if size is None else f"{size / 1_000_000:.1f} Mo".replace(".", ",")
