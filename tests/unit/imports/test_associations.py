"""An association is known by its name; its code is made from it."""

import pytest

from tasks.imports.associations import LONGEST_CODE, association_code

LONG = "Association départementale des parents et amis de personnes handicapées mentales de la "


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("Les Tilleuls", "les-tilleuls", id="spaces"),
        pytest.param("L'Érablière & Cie", "l-erabliere-cie", id="accents and signs"),
        pytest.param("Œuvre du Cœur", "oeuvre-du-coeur", id="ligatures"),
        pytest.param("  --  ", "", id="nothing is left"),
    ],
)
def test_the_code_is_the_name_in_plain_letters(name: str, code: str) -> None:
    """The code fits the name of a Prefect block."""
    assert association_code(name) == code


def test_long_names_that_begin_alike_have_two_codes() -> None:
    """Two associations never share an SMTP server by accident."""
    codes = {association_code(LONG + "Loire-Atlantique"), association_code(LONG + "Vendée")}
    assert len(codes) == 2
    assert all(len(code) <= LONGEST_CODE for code in codes)
