"""What a printing tells: the sentence a run ends with, and the page of what the file holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pikepdf

from models.values.ending import Ending
from models.values.moments import PARIS
from settings.load import Settings
from tasks.documents.cover_sheet import Heading
from tasks.french.labels import NOT_DUE
from tasks.french.moments import paris_day, paris_moment
from tasks.pages.rendering import render_page
from tasks.printing.batch import Batch, LeftOut, Letter
from tasks.printing.letters import Prepared


def heading(batch: Batch, letters: Collection[Letter]) -> Heading:
    """The title of a file that holds ``letters``: "Factures de septembre 2024", "Relances du 15/11/2024"."""
    names = replace(batch, letters=tuple(letters)).names
    return Heading(names.title, batch.printed_at.astimezone(PARIS))


def shown_path(settings: Settings, name: str) -> Path:
    """Where a clerk finds the file."""
    return settings.var / settings.prints.name / name


def made(settings: Settings, name: str, batch: Batch, prepared: Prepared, *, again: bool = False) -> Ending:
    """What a run that made a file, or found the one it had made, tells of it; ``prepared`` holds what it printed."""
    with pikepdf.open(settings.prints / name) as pdf:
        pages = len(pdf.pages)
    letters = prepared.letters
    structures = {letter.structure for letter in letters}
    count = len(letters)
    sentence = (
        f"{count} courrier{'s' if count > 1 else ''} pour {len(structures)} structure"
        f"{'s' if len(structures) > 1 else ''} : {shown_path(settings, name)}, {pages} pages."
    )
    if again:
        sentence += " Le fichier a été refait avec les données d'aujourd'hui ; les dates d'édition n'ont pas changé."
    sentence = f"{sentence} {not_printed(prepared)}".strip()
    page = render_page(
        "printing",
        title=heading(batch, letters).subject,
        debtor=batch.kind.debtor.capitalize(),
        document=batch.kind.one.capitalize(),
        sentence=sentence,
        path=shown_path(settings, name),
        printed_at=paris_moment(batch.printed_at),
        counts=Counter(letter.structure for letter in letters),
        letters=letters,
        unaddressed=[letter for letter in letters if letter.source.shows_no_address],
        late=_late(batch, letters),
        settled=[(letter, _why_settled(letter)) for letter in prepared.settled],
        left_out=prepared.left_out,
    )
    return Ending(sentence, bool(prepared.left_out), page, batch.names.key)


def none_made(batch: Batch, prepared: Prepared) -> Ending:
    """What a run tells that found nothing it could print."""
    sentence = (
        not_printed(prepared) if prepared.left_out else f"{batch.nothing_to_print} {not_printed(prepared)}".strip()
    )
    return Ending(sentence, bool(prepared.left_out))


def not_printed(prepared: Prepared) -> str:
    """Which letters are not in the file, and why; empty when all are."""
    return f"{left_out_sentence(prepared.left_out)} {_settled_sentence(prepared.settled)}".strip()


def left_out_sentence(left_out: Collection[LeftOut]) -> str:
    """Who still has to be printed for, and what to do first; empty for nobody."""
    by_reason: defaultdict[str, list[Letter]] = defaultdict(list)
    for entry in left_out:
        by_reason[entry.why].append(entry.letter)
    return " ".join(
        f"À imprimer encore : {', '.join(f'{letter.number} ({letter.name})' for letter in letters)}. {why}"
        for why, letters in by_reason.items()
    )


def _settled_sentence(settled: Collection[Letter]) -> str:
    if not settled:
        return ""
    clients = "1 client n'a" if len(settled) == 1 else f"{len(settled)} clients n'ont"
    listed = ", ".join(f"{letter.name} ({_why_settled(letter)})" for letter in settled)
    return f"{clients} plus rien à payer pour l'instant : {listed}."


def _why_settled(letter: Letter) -> str:
    return ", ".join(dict.fromkeys(NOT_DUE[reason] for _, reason in letter.source.dropped))


def _late(batch: Batch, letters: Collection[Letter]) -> list[tuple[Letter, str]]:
    """The letters whose last day to pay was over when they were printed, with that day."""
    printed_on = batch.printed_at.astimezone(PARIS).date()
    days = ((letter, letter.source.pay_by) for letter in letters)
    return [(letter, paris_day(day)) for letter, day in days if day is not None and day < printed_on]
