"""The clerk's text of a reminder, its keywords filled: the mail and the letter say the same."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from models.values.period import Period
from models.values.reminder_paper import ReminderPaper
from tasks.documents import french
from tasks.documents.mail_parts import default_text, one_line, paragraphs, plain
from tasks.documents.wording import REMINDER_KEYWORDS, check_wording, fill

_TABLE = "\f"  # stands for the table while the text is filled; ``plain`` and ``one_line`` leave none in what is typed
_AFTER_TABLE = " \t.,;:"  # the sentence that "&factures" ended is over
_PENALTY_TERMS = re.compile(
    r"L\.?\s?441-10|D\.?\s?441-5|p[ée]nalit[ée]s?\s(?:de|pour)\sretard|indemnit[ée]\sforfaitaire|"
    r"(?<![\d.,])40(?:,00)?\s?(?:€|euros?\b)",
    re.IGNORECASE,
)
_PENALTIES_WRITTEN = (
    "N'écrivez pas « {written} » : ce texte va aussi aux particuliers, qui ne doivent ni pénalités de retard ni "
    "indemnité forfaitaire. Facteur ajoute ces mentions pour les professionnels."
)
_PENALTIES_FOR_A_CONSUMER = (
    "le texte de la relance contient « {written} », mais le client est un particulier : retirez ces mots du texte de "
    "la structure, Facteur ajoute lui-même ces mentions pour les professionnels"
)

Paragraphs = list[list[str]]


class ConsumerTermsError(Exception):
    """A text names late-payment penalties and would go to a consumer. The text is a French sentence for the clerk."""


@dataclass(frozen=True, slots=True)
class ReminderText:
    """The subject on one line; the paragraphs, line by line, before and after the place of the table of invoices."""

    subject: str
    before: Paragraphs
    after: Paragraphs


@cache
def default_reminder_wording(level: int) -> tuple[str, str]:
    """Subject and body, with their keywords, for a structure that has not written its own; ``level`` is 1 to 3."""
    return default_text(f"reminder_{level}_subject"), default_text(f"reminder_{level}_body")


def check_reminder_wording(text: str) -> list[str]:
    """One French sentence for each slip in a keyword and each term that only a professional may read."""
    return check_wording(text, REMINDER_KEYWORDS) + [
        _PENALTIES_WRITTEN.format(written=term) for term in _penalty_terms(text)
    ]


def reminder_text(wording_subject: str, wording_body: str, paper: ReminderPaper) -> ReminderText:
    """The text of a reminder; a subject or body that the structure left empty is the default one of the level.

    "&factures" is the place of the table; without it, the table follows the body. In the subject, and where it comes
    again, it is "facture F2024-0912" or "3 factures". "&periode" is the month, or the months, in which the invoices
    were issued. Raises ConsumerTermsError when the wording names late-payment penalties to a consumer.
    """
    default_subject, default_body = default_reminder_wording(paper.level)
    subject = one_line(wording_subject) or default_subject
    body = plain(wording_body) or default_body
    if not paper.professional and (terms := _penalty_terms(f"{subject}\n{body}")):
        raise ConsumerTermsError(_PENALTIES_FOR_A_CONSUMER.format(written=terms[0]))
    values = _values(paper)
    before, _, after = fill(body, values | {"factures": _TABLE}).partition(_TABLE)
    after = after.replace(_TABLE, values["factures"]).lstrip(_AFTER_TABLE)
    return ReminderText(one_line(fill(subject, values)), _paragraphs(before), _paragraphs(after))


def _values(paper: ReminderPaper) -> dict[str, str]:
    count = len(paper.lines)
    client = one_line(paper.name)
    return {
        "personne": client,
        "client": client,
        "periode": months_label({Period(line.issued_on.year, line.issued_on.month) for line in paper.lines}),
        "montant_du": french.amount(paper.total_due),
        "niveau": str(paper.level),
        "date_limite": french.unbroken_date(paper.pay_by),
        "factures": f"facture {one_line(paper.lines[0].number)}" if count == 1 else f"{count} factures",
    }


def months_label(months: set[Period]) -> str:
    """``septembre 2024``, ``septembre et octobre 2024``, ``novembre 2023 à janvier 2024`` from the first to the last.

    Two months that do not follow each other are two months all the same: "et" names both.
    """
    if not months:
        return ""
    first, last = min(months), max(months)
    if first == last:
        return french.period_label(first)
    begin = french.period_label(first)
    if first.year == last.year:
        begin = begin.rpartition(" ")[0]
    return f"{begin} {'et' if len(months) == 2 else 'à'} {french.period_label(last)}"


def _paragraphs(text: str) -> Paragraphs:
    return paragraphs(text.strip()) if text.strip() else []


def _penalty_terms(text: str) -> list[str]:
    """The words of the text that name what only a professional owes; each once."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    return list(dict.fromkeys(match[0] for match in _PENALTY_TERMS.finditer(composed)))
