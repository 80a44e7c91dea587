"""Amounts, dates and numbers look as they do on French papers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.period import Period
from tasks.documents import french


@pytest.mark.parametrize(
    ("euros", "written"),
    [
        pytest.param("0", "0,00\u00a0€", id="zero"),
        pytest.param("-0.00", "0,00\u00a0€", id="no-minus-zero"),
        pytest.param("1234.56", "1\u202f234,56\u00a0€", id="thousands"),
        pytest.param("1234567.8", "1\u202f234\u202f567,80\u00a0€", id="millions"),
        pytest.param("-215.37", "-215,37\u00a0€", id="negative"),
        pytest.param("0.01", "0,01\u00a0€", id="cent"),
    ],
)
def test_amounts(euros: str, written: str) -> None:
    """A decimal comma, two decimals, U+202F between thousands, U+00A0 before the sign."""
    assert french.amount(Decimal(euros)) == written


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=2))
def test_an_amount_can_be_read_back(euros: Decimal) -> None:
    """Writing an amount rounds nothing."""
    written = french.amount(euros).removesuffix("\u00a0€").replace("\u202f", "").replace(",", ".")
    assert Decimal(written) == euros


@pytest.mark.parametrize(
    ("euros", "written"),
    [
        pytest.param("64.02", "64,02\u00a0€", id="cents"),
        pytest.param("5.9", "5,90\u00a0€", id="two-decimals-at-least"),
        pytest.param("63.4875", "63,4875\u00a0€", id="four-decimals"),
    ],
)
def test_unit_prices(euros: str, written: str) -> None:
    """A price may be finer than a cent; a product that does not come out would puzzle an accountant."""
    assert french.unit_price(Decimal(euros)) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [
        pytest.param("30.00", "30", id="whole"),
        pytest.param("30.50", "30,5", id="half"),
        pytest.param("-3", "-3", id="negative"),
        pytest.param("1500", "1\u202f500", id="thousands"),
    ],
)
def test_quantities(count: str, written: str) -> None:
    """Without idle zeros."""
    assert french.quantity(Decimal(count)) == written


@pytest.mark.parametrize(
    ("day", "written"),
    [
        pytest.param(date(2024, 9, 13), "13 septembre 2024", id="day"),
        pytest.param(date(2024, 8, 1), "1er août 2024", id="first"),
        pytest.param(date(2025, 2, 11), "11 février 2025", id="eleventh"),
    ],
)
def test_dates(day: date, written: str) -> None:
    """The first of a month is an ordinal number in French."""
    assert french.long_date(day) == written


def test_the_twelve_months() -> None:
    """A period is the name of its month, in lower case and with its accents, and the year."""
    assert [french.period_label(Period(2024, month)) for month in range(1, 13)] == [
        f"{name} 2024"
        for name in (
            *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
            *("août", "septembre", "octobre", "novembre", "décembre"),
        )
    ]


@pytest.mark.parametrize(
    ("written", "given_number"),
    [
        pytest.param("784 671 695 00087", "78467169500087", id="digits"),
        pytest.param("784 671 695 00087", "784 671 69500087", id="spaces"),
        pytest.param("en cours", "en cours", id="not-a-number"),
        pytest.param("", "", id="empty"),
    ],
)
def test_siret(written: str, given_number: str) -> None:
    """SIREN by three, then the NIC; anything else as it came."""
    assert french.siret(given_number) == written


@pytest.mark.parametrize(
    ("written", "given_number"),
    [
        pytest.param("45 001 234 5", "450012345", id="digits"),
        pytest.param("2A 000 214 3", "2A0002143", id="corsica"),
        pytest.param("4500123", "4500123", id="too-short"),
        pytest.param("", "", id="empty"),
    ],
)
def test_finess(written: str, given_number: str) -> None:
    """The département stands apart."""
    assert french.finess(given_number) == written


@pytest.mark.parametrize(
    ("written", "given_number"),
    [
        pytest.param("FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189", id="compact"),
        pytest.param("FR76 3000 6000 0112 3456 7890 189", "fr76 30006000 01123456 7890189", id="odd-groups"),
        pytest.param("", " ", id="empty"),
    ],
)
def test_iban(written: str, given_number: str) -> None:
    """By four, however it was typed."""
    assert french.iban(given_number) == written
