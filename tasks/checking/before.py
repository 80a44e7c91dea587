"""The check that every campaign runs before anything is planned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from models.database.clock import utc_now
from models.database.session import reading
from models.values.ending import Refusal
from models.values.moments import PARIS
from settings.load import load_settings
from tasks.checking.facts import read_facts
from tasks.checking.pdfs import weigh
from tasks.checking.relays import Found, try_relays, written_senders
from tasks.checking.result import Light
from tasks.checking.storage import check_archive, check_disk
from tasks.checking.wordings import check_wordings
from tasks.french.numbers import counted
from tasks.kinds.kind import Kind
from tasks.relays.finding import Carriers

NOTHING_SENT = "Rien n'a été envoyé."
SEE = "« verifier-la-configuration » les montre."


def before_campaign(structures: Collection[str], carriers: Carriers, kind: Kind) -> Refusal | None:
    """What would stop a campaign of these structures (none: all) at its first mail, as one French sentence; None when
    nothing does.

    ``carriers`` are those of ``find_relays``: each account is connected and logged in to once. A structure that has no
    invoice is left out. The database must open and be current.
    """
    settings = load_settings()
    with reading(settings.database) as session:
        facts = read_facts(session, structures, utc_now().astimezone(PARIS).date())
    facts = replace(facts, facilities=tuple(facility for facility in facts.facilities if facility.bills))
    weights = weigh(settings.archive, facts.mailings)
    findings = [
        *written_senders(facts.facilities),
        *check_wordings(facts.facilities, kind.wordings),
        check_archive(settings.archive),
        check_disk(settings.archive, weights.total_bytes),
    ]
    findings += try_relays(Found(invoices=carriers.found), facts, weights)
    reds = [finding for finding in findings if finding.light is Light.RED]
    if not reds:
        return None
    first = reds[0]
    where = f"{first.about} : " if first.about else ""
    more = f" Il y a {counted(len(reds) - 1, 'autre point rouge')} : {SEE}" if len(reds) > 1 else ""
    return Refusal(f"Arrêt : {where}{first.observed} {first.remedy}{more} {NOTHING_SENT}")
