"""What is unlikely is remarked, never refused; twelve clean months give no remark at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.imports.remarks import Doubt
from tests.integration.small_import import accepted, bring
from tests.integration.test_import_sent import deliver
from tests.integration.year import STRUCTURES, Year, pdf, year

LAST = 12


def import_year(tmp_path: Path, database_url: str, found: Year, until: int, *, pdfs: bool = False) -> list[str]:
    """Import month after month; the remarks of all of them."""
    sentences = []
    for month in range(1, until + 1):
        report = accepted(found.write(tmp_path / f"{month:02d}", month, pdfs=pdfs), database_url)
        sentences += [remark.sentence for remark in report.remarks]
    return sentences


def test_twelve_clean_months_give_no_remark(database_url: str, tmp_path: Path) -> None:
    """With people who come and go, a new price, short months, credit to nobody, and PDFs that are the right ones."""
    assert import_year(tmp_path, database_url, year(), LAST, pdfs=True) == []
    again = bring(tmp_path / "12", database_url)
    assert (again.remarks, again.changes) == ((), ())


def bill_twice(found: Year) -> None:
    found.months[3].append(found.bill(3, 4) | {"numero": "LILAS-BIS"})


def bill_twice_with_credit(found: Year) -> None:
    row = found.bill(3, 4)
    credit = row | {name: f"-{row[name]}" for name in ("montant_ht", "montant_ttc")} | {"reste_a_payer": "0"}
    found.months[3] += [row | {"numero": "LILAS-BIS"}, credit | {"numero": "LILAS-AV"}]


def forget_one(found: Year) -> None:
    del found.months[3][4]


def forget_a_structure(found: Year) -> None:
    found.months[3] = [row for row in found.months[3] if row["structure"] != "ROSES"]


def bill_who_left(found: Year) -> None:
    found.residents[4]["date_sortie"] = "25/02/2024"


def set_bill(**values: str) -> Callable[[Year], None]:
    return lambda found: found.bill(3, 4).update(values)


def set_resident(**values: str) -> Callable[[Year], None]:
    return lambda found: found.residents[4].update(values)


def vary(found: Year) -> None:
    for n, row in enumerate(found.months[3][:19]):
        row["montant_ht"] = row["montant_ttc"] = "1200,00" if n % 2 else "3900,00"
        row["reste_a_payer"] = ""


def multiply(found: Year) -> None:
    for row in found.months[3][:19]:
        row["montant_ht"] = row["montant_ttc"] = row["montant_ttc"].replace(",", "") + ",00"
        row["reste_a_payer"] = ""


PLANTED = [
    pytest.param(bill_twice, Doubt.DOUBLE, "LILAS-BIS facture 2\u202f275,40\u00a0€ à", id="billed twice"),
    pytest.param(forget_one, Doubt.ABSENT, "(L005), avec une facture en février 2024, n'en a pas", id="forgotten"),
    pytest.param(
        forget_a_structure, Doubt.STRUCTURE, "ROSES : aucune facture de résident pour mars 2024, 19", id="a structure"
    ),
    pytest.param(bill_who_left, Doubt.LEFT, "qui est sorti le 25/02/2024", id="has left"),
    pytest.param(
        set_bill(montant_ht="5000", montant_ttc="5000", reste_a_payer=""), Doubt.AMOUNT, "le mois d'avant (+1", id="+"
    ),
    pytest.param(
        set_bill(montant_ht="900", montant_ttc="900", reste_a_payer=""), Doubt.AMOUNT, "d'avant (\u221258", id="-"
    ),
    pytest.param(
        set_bill(reste_a_payer="9999"), Doubt.BALANCE, "9\u202f999,00\u00a0€, est plus que", id="balance above"
    ),
    pytest.param(set_bill(reste_a_payer="-5"), Doubt.BALANCE, "-5,00\u00a0€, est négatif", id="negative balance"),
    pytest.param(set_bill(date_facture="31/03/1994"), Doubt.DATE, "il y a plus de dix ans", id="decades ago"),
    pytest.param(set_bill(date_echeance="15/04/2094"), Doubt.DATE, "plus de cinq ans après", id="decades ahead"),
    pytest.param(set_resident(email="famille@gmail.con"), Doubt.DOMAIN, "est-ce gmail.com ?", id="a slip in a domain"),
    pytest.param(set_resident(nom="BÃ‰RANGER"), Doubt.LETTERS, "1 cellule sont codées deux fois", id="UTF-8 twice"),
    pytest.param(set_resident(nom="B\ufffdRANGER"), Doubt.LETTERS, "1 cellule sont perdues", id="U+FFFD"),
    pytest.param(set_resident(nom="B?RANGER"), Doubt.LETTERS, "1 cellule sont perdues", id="a question mark"),
    pytest.param(set_resident(nom="BƒRANGER"), Doubt.LETTERS, "encodage Macintosh", id="Mac Roman"),
    pytest.param(multiply, Doubt.AMOUNT, "LILAS : 4\u202f", id="a whole structure, a hundred times"),
    pytest.param(vary, None, "", id="amounts that vary by themselves"),
    pytest.param(bill_twice_with_credit, None, "", id="billed twice, one of them credited"),
]


@pytest.mark.parametrize(("plant", "doubt", "sentence"), PLANTED)
def test_what_is_unlikely_is_one_remark(
    plant: Callable[[Year], None], doubt: Doubt | None, sentence: str, database_url: str, tmp_path: Path
) -> None:
    """It is found, alone, and the import is written all the same."""
    found = year()
    plant(found)
    clean = year()
    assert import_year(tmp_path, database_url, clean, 2) == []
    report = accepted(found.write(tmp_path / "03", 3), database_url)
    assert [remark.doubt for remark in report.remarks] == ([doubt] if doubt else [])
    assert not doubt or sentence in report.remarks[0].sentence


def test_a_double_of_what_was_sent_says_so(database_url: str, tmp_path: Path) -> None:
    """A new number beside an invoice that has left."""
    found = year()
    import_year(tmp_path, database_url, found, 1)
    deliver(database_url, "LILAS-202401-004")
    found.months[1] = [found.bill(1, 3) | {"numero": "NEUF"}]
    assert found.bill(1, 0)["code_resident"] == "L004"
    (remark,) = accepted(found.write(tmp_path / "new", 1), database_url).remarks
    assert "LILAS-202401-004 (est déjà envoyée le 02/10/2024). Double facturation ?" in remark.sentence


@pytest.mark.parametrize("name", ["shifted", "other", "none"])
def test_a_pdf_of_somebody_else_is_named(name: str, database_url: str, tmp_path: Path) -> None:
    """A column of PDFs that slipped, a PDF of a letter among invoices; where no PDF has text, nothing can be said."""
    found = year()
    folder = found.write(tmp_path / "01", 1, pdfs=True)
    rows = found.months[1]
    if name == "shifted":
        for n, row in enumerate(rows):
            row["fichier_pdf"] = f"{rows[(n + 1) % len(rows)]['numero']}.pdf"
        found.write(folder, 1)
    elif name == "other":
        (folder / rows[7]["fichier_pdf"]).write_bytes(pdf("Le menu de la semaine"))
    else:
        for n, row in enumerate(rows):
            (folder / row["fichier_pdf"]).write_bytes(pdf(" " * (n + 1)))
    remarks = accepted(folder, database_url).remarks
    assert {remark.doubt for remark in remarks} == (set() if name == "none" else {Doubt.PDF})
    expected = {"shifted": len(rows), "other": 1, "none": 0}[name]
    same_name = expected - len(remarks)  # who stands below somebody of the same name
    assert 0 <= same_name <= len(rows) / 10
    assert len(STRUCTURES) == 3
