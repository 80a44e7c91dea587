"""What a printing tells: the sentence a run ends with, and the page of what the file holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path

import pikepdf

from models.values.kinds import DocumentKind
from models.values.sources import ReminderSource
from settings.load import Settings
from tasks.documents.cover_sheet import Heading
from tasks.documents.wording import fill
from tasks.french.labels import NOT_DUE
from tasks.french.moments import PARIS, month_label, paris_day, paris_moment
from tasks.pages.rendering import render_page
from tasks.printing.batch import Batch, LeftOut, Letter, Outcome
from tasks.printing.letters import Prepared

DEBTOR = {DocumentKind.INVOICE: "Résident", DocumentKind.REMINDER: "Client"}
DOCUMENT = {DocumentKind.INVOICE: "Facture", DocumentKind.REMINDER: "Relance"}


def heading(batch: Batch, letters: Collection[Letter]) -> Heading:
    """The title of a file that holds ``letters``: "Factures de septembre 2024", "Relances du 15/11/2024"."""
    days = sorted({letter.source.paper.dated for letter in letters if isinstance(letter.source, ReminderSource)})
    if days:
        subject = f"Relances du {' au '.join(dict.fromkeys((paris_day(days[0]), paris_day(days[-1]))))}"
    else:
        subject = fill("Factures de &periode", {"periode": month_label(batch.month)})
    return Heading(subject, batch.printed_at.astimezone(PARIS))


def shown_path(settings: Settings, name: str) -> Path:
    """Where a clerk finds the file."""
    return settings.var / settings.prints.name / name


def made(settings: Settings, name: str, batch: Batch, prepared: Prepared, *, again: bool = False) -> Outcome:
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
        debtor=DEBTOR[batch.kind],
        document=DOCUMENT[batch.kind],
        sentence=sentence,
        path=shown_path(settings, name),
        printed_at=paris_moment(batch.printed_at),
        counts=Counter(letter.structure for letter in letters),
        letters=letters,
        unaddressed=[letter for letter in letters if _unaddressed(letter)],
        late=_late(batch, letters),
        settled=[(letter, _why_settled(letter)) for letter in prepared.settled],
        left_out=prepared.left_out,
    )
    return Outcome(bool(prepared.left_out), sentence, batch.key, page)


def none_made(batch: Batch, prepared: Prepared) -> Outcome:
    """What a run tells that found nothing it could print."""
    sentence = not_printed(prepared) if prepared.left_out else f"{batch.nothing} {not_printed(prepared)}".strip()
    return Outcome(bool(prepared.left_out), sentence)


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
    assert isinstance(letter.source, ReminderSource)
    return ", ".join(dict.fromkeys(NOT_DUE[reason] for _, reason in letter.source.dropped))


def _late(batch: Batch, letters: Collection[Letter]) -> list[tuple[Letter, str]]:
    """The reminders whose last day to pay was over when they were printed, with that day."""
    printed_on = batch.printed_at.astimezone(PARIS).date()
    return [
        (letter, paris_day(letter.source.paper.pay_by))
        for letter in letters
        if isinstance(letter.source, ReminderSource) and letter.source.paper.pay_by < printed_on
    ]


def _unaddressed(letter: Letter) -> bool:
    """Whether the envelope's window shows a name alone; what an imported PDF shows is not known."""
    source = letter.source
    drawn = isinstance(source, ReminderSource) or not source.pdf_key
    return drawn and not source.paper.address.lines
