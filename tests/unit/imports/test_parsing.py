"""Cells become exact values, or the problem is named."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.values.kinds import RecipientPolicy
from tasks.entry import parsing
from tasks.entry.problems import Problem
from tasks.imports.columns import CLIENT_KINDS, DISPUTED, GUARDIAN_KINDS, POLICIES


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("1234,56", "1234.56", id="decimal comma"),
        pytest.param("1234.56", "1234.56", id="decimal point"),
        pytest.param("1 234,56", "1234.56", id="a space between thousands"),
        pytest.param("1\u202f234\u00a0567,80 €", "1234567.80", id="narrow spaces and a euro sign"),
        pytest.param("1.234,56", "1234.56", id="points between thousands, then a comma"),
        pytest.param("12", "12.00", id="no cents"),
        pytest.param("12,5", "12.50", id="one decimal"),
        pytest.param("-12,50", "-12.50", id="negative"),
        pytest.param("−12,50", "-12.50", id="a typographic minus"),
        pytest.param("9999999999,99", "9999999999.99", id="the largest that is stored"),
    ],
)
def test_amounts_are_read_exactly(written: str, value: str) -> None:
    """An amount has exactly two places, whatever its spelling."""
    assert parsing.amount(written) == Decimal(value)
    assert str(parsing.amount(written)) == value


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param("12,500", "plus de deux décimales", id="three decimals could be thousands"),
        pytest.param("1.234", "plus de deux décimales", id="a point before three digits could be thousands"),
        pytest.param("12,345", "plus de deux décimales", id="a tenth of a cent"),
        pytest.param("1,234.56", "n'est pas un montant", id="English"),
        pytest.param("12 34,5", "n'est pas un montant", id="spaces in the wrong place"),
        pytest.param("1e5", "n'est pas un montant", id="exponent"),
        pytest.param("NaN", "n'est pas un montant", id="NaN"),
        pytest.param("١٢", "n'est pas un montant", id="digits that are not ASCII"),
        pytest.param("douze", "n'est pas un montant", id="words"),
        pytest.param("10000000000", "trop grand", id="more than the column holds"),
        pytest.param("9" * 5000, "trop grand", id="absurdly long"),
    ],
)
def test_amounts_that_could_be_misread_are_refused(written: str, problem: str) -> None:
    """An amount is never rounded or guessed."""
    found = parsing.amount(written)
    assert isinstance(found, Problem)
    assert problem in found.problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("30", "30.000", id="whole"),
        pytest.param("30,5000", "30.500", id="idle zeros"),
        pytest.param("0.125", "0.125", id="three places"),
        pytest.param("0,1234", None, id="four places"),
        pytest.param("1000000000", None, id="too large"),
        pytest.param("trente", None, id="words"),
    ],
)
def test_quantities_have_at_most_three_places(written: str, value: str | None) -> None:
    """A quantity is exact, or refused."""
    found = parsing.number(3, Decimal(10) ** 9)(written)
    assert found == Decimal(value) if value else isinstance(found, Problem)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("30/09/2024", date(2024, 9, 30), id="French"),
        pytest.param("1/9/2024", date(2024, 9, 1), id="French, short"),
        pytest.param("2024-09-30", date(2024, 9, 30), id="ISO"),
        pytest.param("2024-09-30 00:00:00", date(2024, 9, 30), id="ISO at midnight"),
        pytest.param("30/09/2024 00:00:00", date(2024, 9, 30), id="French at midnight"),
        pytest.param("30/09/2024 0:00", date(2024, 9, 30), id="French at midnight, as Excel shows it"),
        pytest.param("30/09/2024 08:00:00", None, id="French with a time"),
        pytest.param("29/02/2024", date(2024, 2, 29), id="leap day"),
        pytest.param("29/02/2023", None, id="no leap day"),
        pytest.param("09/30/2024", None, id="American"),
        pytest.param("30/09/24", None, id="two digits of a year"),
        pytest.param("30.09.2024", None, id="points"),
        pytest.param("30/09/1024", None, id="not plausible"),
        pytest.param("2024-09-30 14:00:00", None, id="with a time"),
        pytest.param("45565", None, id="the number that Excel stores"),
    ],
)
def test_dates(written: str, value: date | None) -> None:
    """JJ/MM/AAAA and ISO are dates, nothing else is."""
    found = parsing.day(written)
    assert found == value if value else isinstance(found, Problem)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("2024-09", "2024-09", id="as written everywhere"),
        pytest.param(" 2024-09 ", "2024-09", id="spaces around it"),
        pytest.param("2024-09-01", "2024-09", id="as Excel keeps it in a cell"),
        pytest.param("2024-09-15", None, id="a day"),
        pytest.param("2024-13", None, id="no such month"),
        pytest.param("2024-9", None, id="one digit"),
        pytest.param("09/2024", "2024-09", id="the other way round"),
        pytest.param("9/2024", "2024-09", id="the other way round, one digit"),
        pytest.param("202409", "2024-09", id="without a sign"),
        pytest.param("01/09/2024", "2024-09", id="the first day, as Excel writes it into a CSV file"),
        pytest.param("13/2024", None, id="no such month, the other way round"),
        pytest.param("2024091", None, id="a digit too many"),
        pytest.param("sept-24", None, id="as Excel writes it into a CSV file"),
        pytest.param("1024-09", None, id="not plausible"),
    ],
)
def test_periods(written: str, value: str | None) -> None:
    """A period is AAAA-MM."""
    found = parsing.period(written)
    assert found == value if value else isinstance(found, Problem)


@pytest.mark.parametrize(
    ("parse", "written", "value"),
    [
        pytest.param(parsing.siret, "732 829 320 00074", "73282932000074", id="SIRET with spaces"),
        pytest.param(parsing.siret, "73282932000075", None, id="SIRET with a wrong key"),
        pytest.param(parsing.siret, "7,32829E+13", None, id="SIRET as Excel spoils it"),
        pytest.param(parsing.finess, "440012345", "440012345", id="FINESS"),
        pytest.param(parsing.finess, "2b0012345", "2B0012345", id="FINESS of Corsica"),
        pytest.param(parsing.finess, "10012345", None, id="FINESS without its zero"),
        pytest.param(parsing.iban, "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189", id="IBAN"),
        pytest.param(parsing.iban, "FR76 3000 6000 0112 3456 7890 188", None, id="IBAN with a wrong key"),
        pytest.param(parsing.bic, "agrifrpp", "AGRIFRPP", id="BIC"),
        pytest.param(parsing.bic, "AGRI", None, id="half a BIC"),
        pytest.param(POLICIES, "tous", RecipientPolicy.ALL, id="destinataires tous"),
        pytest.param(POLICIES, "Resident", RecipientPolicy.RESIDENT, id="destinataires, no accent"),
        pytest.param(POLICIES, "TUTEUR", RecipientPolicy.GUARDIAN, id="destinataires, capitals"),
        pytest.param(POLICIES, "papier", RecipientPolicy.PAPER, id="destinataires papier"),
        pytest.param(POLICIES, "mail", None, id="destinataires, unknown"),
        pytest.param(POLICIES, "€", None, id="destinataires, no letter at all"),
        pytest.param(GUARDIAN_KINDS, "mjpm", "MJPM", id="kind of guardian"),
        pytest.param(GUARDIAN_KINDS, "Habilitation familiale", "Habilitation familiale", id="any kind of guardian"),
        pytest.param(GUARDIAN_KINDS, "x" * 41, None, id="a kind of guardian that is too long"),
        pytest.param(CLIENT_KINDS, "Particulier", "consumer", id="consumer"),
        pytest.param(CLIENT_KINDS, "pro", None, id="unknown kind of client"),
        pytest.param(DISPUTED, "Oui", True, id="disputed"),
        pytest.param(DISPUTED, "FAUX", False, id="not disputed, as Excel writes it"),
        pytest.param(DISPUTED, "peut-être", None, id="perhaps"),
        pytest.param(parsing.text(5), "  É\u0301té ".replace("É\u0301", "E\u0301"), "Été", id="text, composed"),
        pytest.param(parsing.text(5), "abcdef", None, id="text, too long"),
        pytest.param(parsing.text(50), "a\nb", None, id="text on two lines"),
        pytest.param(parsing.text(50), "a\u202eb", None, id="text that turns its direction"),
        pytest.param(parsing.text(50), "a\x07b", None, id="text with a bell"),
        pytest.param(parsing.lines(50), "a \r\nb\r\n", "a\nb", id="lines"),
        pytest.param(parsing.lines(50), "a\x00b", None, id="lines with NUL"),
    ],
)
def test_fixed_forms(parse: parsing.Parser, written: str, value: Any) -> None:
    """A value has its one stored form, or it is refused."""
    found = parse(written)
    assert isinstance(found, Problem) if value is None else found == value


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        pytest.param("Facture de &personne, &periode", True, id="both keywords"),
        pytest.param("R&D, Dupont & fils", True, id="an ampersand that is text"),
        pytest.param("{{ personne }} {% raw %}", True, id="template signs stay text"),
        pytest.param("Facture de &persone", False, id="near miss"),
    ],
)
def test_the_keywords_of_a_wording_are_checked_when_it_comes_in(written: str, accepted: bool) -> None:
    """A slip in a keyword is refused, and the right one is named."""
    found = parsing.wording(parsing.lines(500))(written)
    assert found == written if accepted else isinstance(found, Problem) and "&personne" in found.problem
