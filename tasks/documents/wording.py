"""The keywords in the texts that clerks write: what they are, what is a slip, what they become.

A keyword is ``&`` and a name, ending where the word ends; case and accents do not matter (``&Personne``,
``&période``). Every other ``&`` is text ("R&D", "Dupont & fils"), and so is all of a web address. Each function takes
the keywords, or their values, from its caller: reminders have others than invoices.
"""

import re
from collections.abc import Iterable, Mapping

from models.values.people import alphabetical
from tasks.documents.french import period_label as period_label

INVOICE_KEYWORDS = ("personne", "periode")
# "&copie_a" is who else gets this invoice by e-mail. It is no word for a subject, which names nobody.
COPY = "copie_a"
INVOICE_BODY_KEYWORDS = (*INVOICE_KEYWORDS, COPY)
# "&personne" is the client, like "&client": a clerk who knows the one from invoices need not learn the other.
REMINDER_KEYWORDS = (*INVOICE_KEYWORDS, "client", "montant_du", "niveau", "date_limite", "factures")

# Values that are words of the sentence, before which "de" becomes "d'". A name in capitals never asks for it.
ELIDED_KEYWORDS = frozenset({"periode"})

NEAR_MISS_EDITS = 2
NEAR_MISS_LETTERS = 4  # "&b" and "R&D" are no slips of anything

_PLACES = re.compile(
    r"""(?P<address>(?:https?://|www\.)\S*)
      | (?:(?<!\w)(?P<of>d(?:e\s+|['’])))?&(?P<word>(?:\w|[\u0300-\u036f])+)""",
    re.IGNORECASE | re.VERBOSE,
)
_NEAR_MISS = "Mot-clé inconnu « &{written} » : écrivez « &{keyword} »."


def check_wording(text: str, keywords: Iterable[str] = INVOICE_KEYWORDS) -> list[str]:
    """One French sentence for each near miss of a keyword, in their order; an empty list when the text is right.

    A near miss is at most two letters away from a keyword, or has one at its beginning (``&personnel``).
    """
    known = tuple(keywords)
    slips: dict[str, str] = {}
    for place in _PLACES.finditer(text):
        if (written := place["word"]) and (keyword := _nearest(alphabetical(written), known)):
            slips.setdefault(written, keyword)
    return [_NEAR_MISS.format(written=written, keyword=keyword) for written, keyword in slips.items()]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values, given by keyword, into the text; what a value contains is never read as a keyword.

    "de &periode" becomes "d'août 2024" where French asks for it, and "d'&periode" becomes "de septembre 2024".
    """

    def put(place: re.Match[str]) -> str:
        keyword = alphabetical(place["word"]) if place["word"] else ""
        if keyword not in values:
            return place[0]
        value, of = values[keyword], place["of"] or ""
        if of and keyword in ELIDED_KEYWORDS:
            of = of[0] + "'" if alphabetical(value[:1]) in {"a", "e", "i", "o", "u"} else re.sub("['’]", "e ", of)
        return of + value

    return _PLACES.sub(put, text)


def keywords_in(text: str, keywords: Iterable[str]) -> list[str]:
    """Those of ``keywords`` that are written in the text, each once, in their order there."""
    known = frozenset(keywords)
    found = dict.fromkeys(alphabetical(place["word"]) for place in _PLACES.finditer(text) if place["word"])
    return [word for word in found if word in known]


def drop_idle_lines(text: str, values: Mapping[str, str]) -> str:
    """The text without the lines that hold a keyword whose value is empty: no sentence is left without its end."""
    idle = [keyword for keyword, value in values.items() if not value]
    lines = text.split("\n")
    kept = [line for line in lines if not keywords_in(line, idle)]
    return text if len(kept) == len(lines) else re.sub(r"\n\s*\n", "\n\n", "\n".join(kept)).strip()


def _nearest(word: str, keywords: tuple[str, ...]) -> str | None:
    """The keyword of which this word is a near miss; None for a keyword itself and for any other word."""
    if word in keywords or len(word) < NEAR_MISS_LETTERS:
        return None
    longer = [keyword for keyword in keywords if word.startswith(keyword)]
    if longer:
        return max(longer, key=len)
    close = [keyword for keyword in keywords if abs(len(word) - len(keyword)) <= NEAR_MISS_EDITS]
    edits, keyword = min(((_edits(word, keyword), keyword) for keyword in close), default=(NEAR_MISS_EDITS + 1, ""))
    return keyword if edits <= NEAR_MISS_EDITS else None


def _edits(one: str, other: str) -> int:
    """How many letters must be inserted, deleted or replaced (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        above, row = row, [i]
        for j, wanted in enumerate(other, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != wanted)))
    return row[-1]
