"""Columns are found by their names however they are written; each faulty cell is named once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.entry.problems import is_hidden
from tasks.imports.cells import Sheet, read_csv
from tasks.imports.columns import GUARDIANS, INVOICES, TABLES, Table
from tasks.imports.faults import Fault
from tasks.imports.rows import TableFile, read_rows


def _read(table: Table, text: str) -> tuple[TableFile, list[Fault], list[str]]:
    sheet = read_csv(text.encode())
    assert isinstance(sheet, Sheet)
    return read_rows(table, f"{table.name}.csv", sheet)


def test_column_names_are_read_without_case_accents_spaces_and_underscores() -> None:
    """What a person types as a heading is understood."""
    file, faults, notes = _read(
        GUARDIANS, "Code ; NOM;Prénom;e-mail;Code Postal;\nT1;LE GOFF;Yann;y@example.org;44000;\n"
    )
    assert (faults, notes) == ([], [])
    assert file.rows[0].values == {
        "code": "T1",
        "last_name": "LE GOFF",
        "first_name": "Yann",
        "email": "y@example.org",
        "postcode": "44000",
    }


def test_unknown_columns_are_named_and_left_alone() -> None:
    """The clerk learns what was not read."""
    _, faults, notes = _read(GUARDIANS, "code;nom;Téléphone;fax;\nT1;X;01;02;perdu\n")
    assert faults == []
    assert notes == [
        "tuteurs.csv : colonnes inconnues, laissées de côté : « Téléphone », « fax ».",
        "tuteurs.csv : une colonne sans nom est laissée de côté.",
    ]


def test_an_absent_column_is_no_value_and_an_empty_cell_is_the_empty_value() -> None:
    """What is absent is kept at an update, what is empty is cleared."""
    file, _, _ = _read(GUARDIANS, "code;nom;email\nT1;X;\n")
    assert file.rows[0].values == {"code": "T1", "last_name": "X", "email": ""}


def test_every_faulty_cell_of_a_file_is_reported_with_line_column_and_value() -> None:
    """A clerk corrects all of a file in one go."""
    _, faults, _ = _read(
        GUARDIANS, 'code;nom;type;email\nT1;;cousin;jean@@x\nT2;"a\nb";a@b.fr;#N/A\nT3;x;;a@b.fr, c@d.fr\nT4;x;;=…\n'
    )
    assert [str(fault) for fault in faults] == [
        "tuteurs.csv, ligne 2, colonne nom : ce champ est vide ; attendu : une valeur.",
        "tuteurs.csv, ligne 2, colonne email : « jean@@x » n'est pas une adresse e-mail valable ; "
        "attendu : une seule adresse, comme prenom.nom@example.org.",
        "tuteurs.csv, ligne 3, colonne nom : « a↵b » contient un retour à la ligne ; "
        "attendu : un texte d'une seule ligne.",
        "tuteurs.csv, ligne 3, colonne email : « #N/A » est une erreur d'Excel ; attendu : une valeur.",
        "tuteurs.csv, ligne 5, colonne email : « a@b.fr, c@d.fr » contient plusieurs adresses ; attendu : une seule : "
        "gardez celle qui doit recevoir les factures ; un tuteur a la sienne dans le fichier tuteurs.",
        "tuteurs.csv, ligne 6, colonne email : « =… » est une formule dont la valeur n'est pas enregistrée ; attendu : "
        "une valeur : ouvrez le fichier dans Excel, enregistrez-le, importez de nouveau.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "code;prenom\nT1;Yann\n", "tuteurs.csv, ligne 1, colonne nom : cette colonne manque", id="a required column"
        ),
        pytest.param(
            "code;nom;Nom\nT1;X;Y\n", "tuteurs.csv, ligne 1, colonne nom : cette colonne figure deux fois", id="twice"
        ),
        pytest.param(
            "Liste des tuteurs;\nCODE;NOM\nT1;X\n",
            "tuteurs.csv, ligne 1 : cette ligne n'est pas celle des noms de colonnes ; attendu : une première ligne "
            "avec code, nom.",
            id="a title above",
        ),
        pytest.param("code;nom\nT1;X;Y\n", "tuteurs.csv, ligne 2 : cette ligne a 3 champs, l'en-tête 2", id="shifted"),
    ],
)
def test_a_heading_that_does_not_fit_is_one_fault(text: str, sentence: str) -> None:
    """A fault of the file is told once, not at every row."""
    _, faults, _ = _read(GUARDIANS, text)
    assert len(faults) == 1
    assert str(faults[0]).startswith(sentence)


def test_invoices_need_a_column_for_their_debtor() -> None:
    """One of the two is enough."""
    head = "structure;numero;date_facture;montant_ht;montant_ttc"
    assert _read(INVOICES, f"{head};code_client\n")[1] == []
    assert [fault.column for fault in _read(INVOICES, f"{head}\n")[1]] == ["code_resident"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TABLES), st.data())
def test_random_cells_never_raise(table: Table, data: st.DataObject) -> None:
    """Every cell of every table gives a value or a fault on one line, without anything that cannot be seen."""
    cell = st.text(max_size=12) | st.sampled_from(["12,5", "30/09/2024", "2024-09", "tuteur", "a@example.org", "oui"])
    cells = data.draw(st.lists(cell, min_size=len(table.columns), max_size=len(table.columns)))
    sheet = Sheet(tuple(column.name for column in table.columns), ((2, tuple(cells)),))
    file, faults, _ = read_rows(table, f"{table.name}.csv", sheet)
    assert len(faults) == len(file.rows[0].faulty)
    assert not any(is_hidden(character) for fault in faults for character in str(fault))
