"""The whole check: every line, whatever is broken."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.exc import SQLAlchemyError

from models.database.clock import utc_now
from models.database.session import reading
from models.values.moments import PARIS
from settings.load import Settings, load_settings
from settings.wrong import WrongSettingError
from tasks.checking.addresses import check_addresses, new_addresses
from tasks.checking.database import broken, check_database, check_import, check_structures
from tasks.checking.facts import Facts, read_facts
from tasks.checking.login import check_login
from tasks.checking.pdfs import check_pdfs, weigh
from tasks.checking.relays import search_relays, try_relays, untried, written_senders
from tasks.checking.result import SUBJECT, Finding, Light, Report, unchecked
from tasks.checking.server import check_server
from tasks.checking.storage import check_archive, check_disk, check_prints
from tasks.checking.wordings import check_wordings

OF_THE_LEDGER = ("structures", "import", "relay", "wording", "addresses", "pdfs")


def check_configuration(structures: Collection[str] = ()) -> Report:
    """Check everything that a campaign of these structures (none: all) leans on. Sends nothing, raises nothing."""
    try:
        settings = load_settings()
    except WrongSettingError as error:
        wrong = Finding("settings", Light.RED, str(error), "Corriger la variable ou le fichier .env.")
        rest = [key for key in SUBJECT if key != "settings"]
        return Report.of([wrong, *unchecked(rest, "les réglages ne se lisent pas")])
    findings = [Finding("settings", Light.GREEN, f"dossier {settings.var.resolve()}"), check_server()]
    server_answers = findings[-1].light in {Light.GREEN, Light.ORANGE}
    findings.append(check_login(settings.server, server_answers))
    facts, database = _read(settings, structures)
    findings.append(database)
    weights = weigh(settings.archive, facts.mailings if facts else ())
    findings += [
        check_archive(settings.archive),
        check_prints(settings.prints),
        check_disk(settings.archive, weights.total_bytes),
    ]
    if facts is None:
        because = "la base de données ne se lit pas"
        return Report.of([*findings, *unchecked(OF_THE_LEDGER, because), *untried(because)])
    findings += [check_structures(facts), check_import(facts, utc_now())]
    if not facts.facilities:
        because = "aucune structure à vérifier"
        rest = [key for key in OF_THE_LEDGER if key not in {"structures", "import"}]
        return Report.of([*findings, *unchecked(rest, because), *untried(because)])
    relays = search_relays(facts, server_answers, bool(settings.smtp.host))
    found = new_addresses(facts)
    findings += [*relays.missing, *written_senders(facts.facilities)]
    findings += try_relays(relays, facts, weights)
    findings += [*check_wordings(facts.facilities), *check_addresses(facts, found), check_pdfs(weights)]
    return Report.of(findings, found)


def _read(settings: Settings, structures: Collection[str]) -> tuple[Facts | None, Finding]:
    database = check_database(settings.database)
    if database.light is not Light.GREEN:
        return None, database
    try:
        with reading(settings.database) as session:
            return read_facts(session, structures, utc_now().astimezone(PARIS).date()), database
    except SQLAlchemyError as error:
        return None, broken(error)
