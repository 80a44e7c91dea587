"""Printing what a month has for its residents: which documents no e-mail brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.reading.standings import Standing
from models.rules.coverage import Coverage
from models.values.ending import Ending, Refusal
from models.values.kinds import INVOICE
from settings.load import Settings
from tasks.campaigns.requests import Scope
from tasks.french.moments import month_label
from tasks.kinds.kind import MonthlyKind
from tasks.kinds.registry import monthly_kind_named
from tasks.printing.batch import Batch, What
from tasks.printing.letters import read_letters
from tasks.printing.once import print_once
from tasks.printing.selection import Candidate, pick


def _failed(standing: Standing) -> bool:
    return standing.coverage is Coverage.FAILED


# Somebody may hold an uncertain invoice already: only who asks for everything gets it.
WANTED: dict[What, Callable[[Standing], bool]] = {
    "tout ce qui doit être imprimé": lambda standing: standing.waits_for_printing or _failed(standing),
    "sans adresse ou papier demandé": lambda standing: standing.waits_for_printing,
    "en échec": _failed,
    "tout, même déjà envoyé ou imprimé": lambda standing: True,
}


def print_letters(
    flow_run_id: str, scope: Scope, what: What, only: Sequence[str] = (), kind_name: str = INVOICE
) -> Ending:
    """Make the file of a month's documents of one kind, then note the printing dates; once for a run.

    ``only`` names documents, by number or by resident, that are printed whatever ``what`` says.
    """
    kind = monthly_kind_named(kind_name)
    return print_once(flow_run_id, lambda settings: _choose(settings, kind, scope, what, only))


def _choose(settings: Settings, kind: MonthlyKind, scope: Scope, what: What, only: Sequence[str]) -> Batch | Refusal:
    with writing(settings.database) as session:
        standings = _wanted(session, kind, scope, what, only)
        if isinstance(standings, Refusal):
            return standings
        kind.add_documents(session, standings)
        standings = _wanted(session, kind, scope, what, only)
        assert not isinstance(standings, Refusal)
        # Taken after the reading: a failure that was seen is older than the printing that answers it.
        now = utc_now()
    versions = {s.document_id: s.version for s in standings if s.document_id is not None}
    with reading(settings.database) as session:
        return Batch(kind, scope.period, now, read_letters(session, kind, versions))


def _wanted(
    session: Session, kind: MonthlyKind, scope: Scope, what: What, only: Sequence[str]
) -> list[Standing] | Refusal:
    standings = kind.of_month(session, scope.period, scope.structures)
    if not only:
        return [standing for standing in standings if WANTED[what](standing)]
    candidates = [
        Candidate(s, s.subject_id, f"{s.number} ({s.name}, {s.structure_name})", (s.number, s.name)) for s in standings
    ]
    return pick(candidates, only, f"les {kind.many} de {month_label(scope.period)}")
