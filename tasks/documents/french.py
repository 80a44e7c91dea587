"""Amounts, dates and registration numbers as a French reader expects them."""

from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern
from stdnum import iban as iban_number
from stdnum.fr import siret as siret_number

from models.values.period import Period

_FRENCH = Locale.parse("fr_FR")
# Patterns are looked up once: format_currency would search and parse them for every amount.
_EURO: NumberPattern = _FRENCH.currency_formats["standard"]
_PRICE = parse_pattern("#,##0.00##\N{NO-BREAK SPACE}¤")
_QUANTITY = parse_pattern("#,##0.####")


def amount(euros: Decimal) -> str:
    """``1 234,56 €``, with U+202F between thousands and U+00A0 before the sign of the euro; never minus zero."""
    return str(_EURO.apply(euros + 0, _FRENCH, currency="EUR"))


def unit_price(euros: Decimal) -> str:
    """An amount that may have up to four decimals: ``63,4875 €``."""
    return str(_PRICE.apply(euros, _FRENCH, currency="EUR", currency_digits=False))


def quantity(count: Decimal) -> str:
    """A count without idle zeros: ``30``, ``30,5``."""
    return str(_QUANTITY.apply(count, _FRENCH))


@cache
def long_date(day: date) -> str:
    """``13 septembre 2024``; the first of a month is ``1er``."""
    return format_date(day, "'1er' MMMM y" if day.day == 1 else "d MMMM y", locale=_FRENCH)


def unbroken_date(day: date) -> str:
    """``13 septembre 2024`` with no-break spaces, for running text."""
    return long_date(day).replace(" ", "\N{NO-BREAK SPACE}")


def short_date(day: date) -> str:
    """``13/09/2024``, for tables."""
    return f"{day:%d/%m/%Y}"


@cache
def period_label(period: Period) -> str:
    """``septembre 2024``."""
    return format_date(date(period.year, period.month, 1), "MMMM y", locale=_FRENCH)


def siret(number: str) -> str:
    """``123 456 789 00012``; what is not fourteen digits is left as it is."""
    digits = "".join(number.split())
    return str(siret_number.format(digits)) if len(digits) == 14 and digits.isdecimal() else number.strip()


def finess(number: str) -> str:
    """``75 071 218 4``: département (2A and 2B in Corsica), serial number, key; anything else is left as it is."""
    compact = "".join(number.split())
    if len(compact) != 9 or not compact.isalnum():
        return number.strip()
    return f"{compact[:2]} {compact[2:5]} {compact[5:8]} {compact[8]}"


def iban(number: str) -> str:
    """In groups of four, as on a bank's statement of account identity."""
    return str(iban_number.format(number)) if number.strip() else ""
