"""Reading the values of cells: each parser gives the value, or the problem with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import stdnum.bic
import stdnum.exceptions
import stdnum.fr.siret
import stdnum.iban

from models.values.period import Period
from tasks.documents.wording import INVOICE_KEYWORDS, check_wording
from tasks.entry.problems import Problem, is_hidden

Parser = Callable[[str], Any]  # a value, or a Problem

FIRST_YEAR, LAST_YEAR = 1990, 2099

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
_GROUP_SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009](?=\d{3}(?:\D|$))")
# Excel and databases write a date with the time of midnight.
_MIDNIGHT = r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"
_FRENCH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})" + _MIDNIGHT, re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})" + _MIDNIGHT, re.ASCII)
_MONTH_OF_YEAR = re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)
_YEAR_AND_MONTH = re.compile(r"(\d{4})(\d{2})", re.ASCII)
_LINE_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_FINESS = re.compile(r"\d[\dAB]\d{7}", re.ASCII)
_SPREADSHEET_ERRORS = frozenset(
    {
        "#REF!",
        "#N/A",
        "#VALUE!",
        "#VALEUR!",
        "#DIV/0!",
        "#NAME?",
        "#NOM?",
        "#NULL!",
        "#NUL!",
        "#NUM!",
        "#NOMBRE!",
        "#SPILL!",
    }
)


def fold(text: str) -> str:
    """A name without case, accents, spaces and signs: how column names and fixed words are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isascii() and character.isalnum())


def is_spreadsheet_error(text: str) -> bool:
    """Whether the cell holds what Excel writes for a formula that failed ("#N/A")."""
    return text.strip().upper() in _SPREADSHEET_ERRORS


def text(longest: int) -> Parser:
    """One line of at most ``longest`` characters, without spaces around it, composed (NFC)."""

    def parse(written: str) -> str | Problem:
        value = unicodedata.normalize("NFC", written.strip())
        if "\n" in value or "\r" in value:
            return Problem("contient un retour à la ligne", "un texte d'une seule ligne")
        if any(is_hidden(character) for character in value):
            return Problem("contient un caractère invisible ou de contrôle", "un texte sans caractère invisible")
        return _bounded(value, longest)

    return parse


def joined(longest: int) -> Parser:
    """``text``, where a line break is a space: software breaks long labels for its own paper."""
    one_line = text(longest)
    return lambda written: one_line(_LINE_BREAK.sub(" ", written.strip()))


def usual(words: tuple[str, ...], longest: int) -> Parser:
    """Any words; the usual ones as they are written here, whatever their case and accents."""
    known = {fold(word): word for word in words}
    other = text(longest)
    return Offered(words, lambda written: known.get(fold(written)) or other(written), only_these=False)


def lines(longest: int) -> Parser:
    """Several lines of at most ``longest`` characters altogether; line ends become line feeds."""

    def parse(written: str) -> str | Problem:
        value = unicodedata.normalize("NFC", "\n".join(line.rstrip() for line in written.splitlines())).strip()
        if any(is_hidden(character) and character not in "\n\t" for character in value):
            return Problem("contient un caractère invisible ou de contrôle", "un texte sans caractère invisible")
        return _bounded(value, longest)

    return parse


def wording(parser: Parser, keywords: tuple[str, ...] = INVOICE_KEYWORDS) -> Parser:
    """A text of a mail, whose keywords are checked."""
    known = [f"&{keyword}" for keyword in keywords]
    expected = f"les mots-clés {', '.join(known[:-1])} et {known[-1]}"

    def parse(written: str) -> str | Problem:
        value: str | Problem = parser(written)
        if isinstance(value, Problem):
            return value
        slips = check_wording(value, keywords)
        if slips:
            return Problem(f"a un mot-clé mal écrit ({' '.join(slips).rstrip('.')})", expected)
        return value

    return parse


def _bounded(value: str, longest: int) -> str | Problem:
    if len(value) > longest:
        return Problem(f"est trop long ({len(value)} caractères)", f"au plus {longest} caractères")
    return value


def day(written: str) -> date | Problem:
    """A date, ``JJ/MM/AAAA`` or ISO."""
    value = written.strip()
    parts: tuple[str, ...] | None = None
    if match := _FRENCH_DATE.fullmatch(value):
        parts = match.groups()[::-1]
    elif match := _ISO_DATE.fullmatch(value):
        parts = match.groups()
    if parts is None:
        return Problem("n'est pas une date", "une date JJ/MM/AAAA, comme 30/09/2024")
    try:
        found = date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return Problem("n'est pas un jour du calendrier", "une date JJ/MM/AAAA, comme 30/09/2024")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return Problem("n'est pas une date vraisemblable", f"une année de {FIRST_YEAR} à {LAST_YEAR}")
    return found


def period(written: str) -> str | Problem:
    """A month as it is stored, ``2024-09``; ``09/2024`` and ``202409`` are read too.

    Excel turns a month into its first day, which is read back.
    """
    value = written.strip()
    if match := _MONTH_OF_YEAR.fullmatch(value):
        value = f"{match[2]}-{match[1]:0>2}"
    elif match := _YEAR_AND_MONTH.fullmatch(value):
        value = f"{match[1]}-{match[2]}"
    first_day = day(value) if _ISO_DATE.fullmatch(value) or _FRENCH_DATE.fullmatch(value) else None
    if isinstance(first_day, date) and first_day.day == 1:
        value = f"{first_day:%Y-%m}"
    found = Period.parse(value)
    if found is None:
        return Problem("n'est pas une période", "AAAA-MM, comme 2024-09")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return Problem("n'est pas une période vraisemblable", f"une année de {FIRST_YEAR} à {LAST_YEAR}")
    return str(found)


def _number(written: str) -> Decimal | None:
    """A number with a decimal comma or point, perhaps with groups of three and a euro sign."""
    value = written.strip().removesuffix("€").strip().replace("\u2212", "-")
    value = _GROUP_SPACES.sub("", value)
    if _GROUPED.fullmatch(value):
        value = value.replace(".", "")
    return Decimal(value.replace(",", ".")) if _NUMBER.fullmatch(value) else None


def number(places: int, below: Decimal) -> Parser:
    """A number of at most ``places`` decimals (more, if they are zeros), nearer to zero than ``below``."""

    def parse(written: str) -> Decimal | Problem:
        found = _number(written)
        if found is None:
            return Problem("n'est pas un nombre", "un nombre, comme 30 ou 12,5")
        if abs(found) >= below:
            return Problem("est trop grand", f"un nombre de moins de {below:f}")
        exact = found.quantize(Decimal(1).scaleb(-places))
        if exact != found:
            return Problem("a trop de décimales", f"au plus {places} décimales")
        return exact

    return parse


def amount(written: str) -> Decimal | Problem:
    """Euros and cents. A third decimal, even a zero, is refused: "12,500" may have been meant as 12 500."""
    expected = "un montant en euros, comme 1234,56"
    found = _number(written)
    if found is None:
        return Problem("n'est pas un montant", expected)
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        return Problem("a plus de deux décimales", expected)
    if abs(found) >= Decimal(10) ** 10:
        return Problem("est un montant trop grand", "moins de dix milliards d'euros")
    return found.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Offered:
    """A parser that has words to choose from, so that a sheet can offer them; perhaps it reads ``only_these``."""

    words: tuple[str, ...]
    parse: Parser
    only_these: bool = True

    def __call__(self, written: str) -> Any:
        return self.parse(written)


def choice(words: Mapping[str, Any]) -> Parser:
    """One of some French words, whatever its case and accents."""
    folded = {fold(word): value for word, value in words.items()}

    def parse(written: str) -> Any:
        found = folded.get(fold(written))
        return Problem("n'est pas une valeur connue", " ou ".join(words)) if found is None else found

    return Offered(tuple(words), parse)


def siret(written: str) -> str | Problem:
    """A SIRET, as its 14 digits."""
    try:
        return str(stdnum.fr.siret.validate(_compact(written)))
    except stdnum.exceptions.ValidationError:
        return Problem("n'est pas un SIRET valable", "14 chiffres, avec la bonne clé")


def finess(written: str) -> str | Problem:
    """A FINESS number, as its 9 characters (Corsica has a letter)."""
    value = _compact(written).upper()
    return value if _FINESS.fullmatch(value) else Problem("n'est pas un numéro FINESS", "9 caractères, comme 440012345")


def iban(written: str) -> str | Problem:
    """An IBAN without spaces."""
    try:
        return str(stdnum.iban.validate(_compact(written)))
    except stdnum.exceptions.ValidationError:
        return Problem("n'est pas un IBAN valable", "un IBAN complet, avec la bonne clé")


def bic(written: str) -> str | Problem:
    """A BIC of 8 or 11 characters."""
    try:
        return str(stdnum.bic.validate(_compact(written)))
    except stdnum.exceptions.ValidationError:
        return Problem("n'est pas un BIC valable", "8 ou 11 caractères, comme AGRIFRPP")


def _compact(written: str) -> str:
    return "".join(written.split())
