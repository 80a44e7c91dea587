"""The page of a structure: how its mails look, what became of a trial, and who changed what."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.reading.invoice_sources import INVOICE_WORDING
from models.tables.structure_change import StructureChange
from models.tables.structure_trial import StructureTrial
from models.values.kinds import TrialState
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_parts import MailText
from tasks.documents.preview import GUARDIAN, RESIDENT, example_invoice, example_mail, example_reminder, first_page
from tasks.documents.reminder_mail import reminder_mail
from tasks.entry.problems import visible
from tasks.french.labels import TRIAL
from tasks.french.moments import paris_moment
from tasks.pages.rendering import render_page
from tasks.structures.fields import BODY, BY_KEY, REMINDER_LEVELS, SUBJECT, wording_kind
from tasks.structures.storing import Sheet

LINE_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail on the page; ``text`` is a Markdown block, in which nothing acts."""

    subject: str
    text: str


def structure_page(
    sheet: Sheet,
    changes: Sequence[StructureChange],
    trials: Sequence[StructureTrial],
    today: date,
    *,
    saved: bool,
    outcome: str = "",
) -> str:
    """The page in Markdown; ``saved``: the settings shown are the stored ones. ``outcome`` is a trial's."""
    mail = example_mail(_wording(sheet, INVOICE_WORDING), sheet.issuer, today)
    alone = example_mail(_wording(sheet, INVOICE_WORDING), sheet.issuer, today, copy_to="")
    return render_page(
        "structure",
        structure=sheet.name,
        code=sheet.code,
        saved=saved,
        outcome=outcome,
        sender=sheet.sender_name,
        values=sheet.values,
        resident=RESIDENT,
        guardian=GUARDIAN,
        mail=_shown(mail),
        alone=_shown(alone) if alone != mail else None,
        html=block(mail.html, "html"),
        picture=base64.b64encode(first_page(invoice_pdf(example_invoice(sheet.issuer, today)))).decode("ascii"),
        reminders=[(level, _reminder(sheet, level, today)) for level in REMINDER_LEVELS],
        changes=_history(changes, trials),
    )


def block(text: str, language: str = "text") -> str:
    """A fenced block that no text ends before its end: neither Markdown nor HTML acts in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def _wrapped(text: str) -> str:
    """Long lines broken where Prefect's page ends: it would cut them off."""
    lines = (textwrap.wrap(line, LINE_CHARACTERS, break_long_words=False) or [""] for line in text.split("\n"))
    return "\n".join(part for wrapped in lines for part in wrapped)


def _wording(sheet: Sheet, kind: str) -> tuple[str, str]:
    return sheet.values[f"{kind}.{SUBJECT}"], sheet.values[f"{kind}.{BODY}"]


def _shown(mail: MailText) -> Shown:
    return Shown(mail.subject, block(_wrapped(mail.text)))


def _reminder(sheet: Sheet, level: int, today: date) -> Shown:
    paper = example_reminder(sheet.issuer, level, today)
    return _shown(reminder_mail(*_wording(sheet, wording_kind(level)), paper, copies=True))


def _history(changes: Sequence[StructureChange], trials: Sequence[StructureTrial]) -> list[dict[str, str]]:
    """Changes and trials, the newest first; a run's trial came after its changes."""
    rows = [(trial.asked_at, 1, _trial(trial)) for trial in trials]
    rows += [(change.changed_at, 0, _change(change)) for change in changes]
    ordered = sorted(rows, key=lambda row: row[:2], reverse=True)
    return [row for _, _, row in ordered]


def _change(change: StructureChange) -> dict[str, str]:
    return {
        "at": paris_moment(change.changed_at),
        "initials": change.initials,
        "what": BY_KEY[change.field].title if change.field in BY_KEY else change.field,
        "before": visible(change.before) or "(vide)",
        "after": visible(change.after) or "(vide)",
    }


def _trial(trial: StructureTrial) -> dict[str, str]:
    return {
        "at": paris_moment(trial.asked_at),
        "initials": trial.initials,
        "what": "Essai",
        "before": f"vers {trial.address}",
        "after": visible(trial.sentence) or TRIAL[TrialState(trial.state)],
    }
