"""Printing reminders: those that were chosen as letters, and those that no e-mail brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

from models.database.clock import utc_now
from models.database.session import reading
from models.reading.overdue import LastReminder, OverdueStanding, read_overdue
from models.rules.reminder_coverage import Progress
from models.values.ending import Ending, Refusal
from models.values.kinds import Channel
from models.values.moments import PARIS
from models.values.sources import ReminderSource
from settings.load import Settings
from tasks.kinds.reminder import REMINDERS
from tasks.printing.batch import Batch, LeftOut, Letter, What
from tasks.printing.letters import read_letters
from tasks.printing.once import print_once
from tasks.printing.selection import Candidate, pick

SUPERSEDED = (
    "Une relance plus récente nomme déjà une partie des factures de celle-ci : relancez les autres avec « relances »."
)
_NOT_GONE = frozenset({Progress.FAILED, Progress.UNDER_WAY, Progress.WITHDRAWN})


def _letter(last: LastReminder) -> bool:
    return last.channel is Channel.LETTER and last.progress is Progress.UNDER_WAY


def _failed(last: LastReminder) -> bool:
    return last.progress is Progress.FAILED


WANTED: dict[What, Callable[[LastReminder], bool]] = {
    "tout ce qui doit être imprimé": lambda last: _letter(last) or _failed(last),
    "sans adresse ou papier demandé": _letter,
    "en échec": _failed,
    "tout, même déjà envoyé ou imprimé": lambda last: True,
}


def print_reminders(flow_run_id: str, structures: tuple[str, ...], what: What, only: Sequence[str] = ()) -> Ending:
    """Make the file of the last reminders of the invoices that are still overdue; once for a run.

    ``structures`` are codes that have been checked; none: all. ``only`` names clients, by code or name, or invoices,
    by number, whose last reminders are printed whatever ``what`` says.
    """
    return print_once(flow_run_id, lambda settings: _choose(settings, structures, what, only))


def _choose(settings: Settings, structures: tuple[str, ...], what: What, only: Sequence[str]) -> Batch | Refusal:
    with reading(settings.database) as session:
        overdue = read_overdue(session, datetime.now(PARIS).date(), structures)
        wanted = _wanted(overdue, what, only)
        if isinstance(wanted, Refusal):
            return wanted
        last = {reminder.document_id: reminder for reminder in wanted}
        # Taken after the reading: a failure that was seen is older than the printing that answers it.
        now = utc_now()
        gone = {document for document, reminder in last.items() if _is_gone(reminder)}
        letters = read_letters(session, REMINDERS, dict.fromkeys(last, 1), gone)
    latest = {(s.structure_code, s.client_code, s.number): s.last.document_id for s in overdue if s.last}
    superseded = {letter.document_id for letter in letters if _is_superseded(letter, latest)}
    return Batch(
        REMINDERS,
        "",
        now,
        tuple(letter for letter in letters if letter.document_id not in superseded),
        tuple(LeftOut(letter, SUPERSEDED) for letter in letters if letter.document_id in superseded),
    )


def _is_gone(reminder: LastReminder) -> bool:
    """Whether the reminder has reached the client, or may have."""
    return reminder.progress not in _NOT_GONE or reminder.reached_on is not None


def _wanted(overdue: list[OverdueStanding], what: What, only: Sequence[str]) -> list[LastReminder] | Refusal:
    if not only:
        return [standing.last for standing in overdue if standing.last and WANTED[what](standing.last)]
    candidates = [
        Candidate(
            s.last,
            s.client_id,
            f"{s.client_code} ({s.client_name}, {s.structure_name})",
            (s.client_code, s.client_name, s.number),
        )
        for s in overdue
        if s.last
    ]
    return pick(candidates, only, "les clients et les factures échues qui ont une relance")


def _is_superseded(letter: Letter, latest: Mapping[tuple[str, str, str], int]) -> bool:
    """Whether a reminder that never left names an invoice that a later one names: it would claim it a second time.

    ``latest`` has the last reminder of each invoice, by structure, client and number.
    """
    if letter.gone:
        return False
    source = cast("ReminderSource", letter.source)  # all letters here are
    keys = [(source.structure_code, source.paper.code, line.number) for line in source.paper.lines]
    return any(latest.get(key, letter.document_id) != letter.document_id for key in keys)
