"""An import with faults is refused as a whole, and every fault is told."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flows.cli.commands.sample import write_faulty_sample
from flows.sample.faulty import FAULTS
from models.database.session import reading
from models.tables.import_run import ImportRun
from tests.integration.small_import import accepted, bring, everything, only, write

Change = tuple[str, str, str]

CASES: Sequence[Any] = [
    pytest.param(
        [("structures.csv", "73282932000074", "73282932000075")],
        ["structures.csv, ligne 2, colonne siret : « 73282932000075 » n'est pas un SIRET valable"],
        id="SIRET",
    ),
    pytest.param(
        [("structures.csv", "&personne", "&persone")],
        ["structures.csv, ligne 2, colonne texte_mail : « Bonjour,↵voici la facture de &persone. » a un mot-clé"],
        id="keyword of a wording",
    ),
    pytest.param(
        [("structures.csv", "Horizon;Les Rives", "Horizon;LES RIVES")],
        ["structures.csv, ligne 5, colonne association : « LES RIVES » s'écrit aussi « Les Rives » dans ce fichier"],
        id="two spellings of an association",
    ),
    pytest.param(
        [("structures.csv", "Horizon;Les Rives", "Horizon;???")],
        ["structures.csv, ligne 5, colonne association : « ??? » n'est pas un nom d'association"],
        id="no association",
    ),
    pytest.param(
        [("tuteurs.csv", "T2;", "T1;")],
        ["tuteurs.csv, ligne 3, colonne code : « T1 » figure déjà à la ligne 2"],
        id="a code twice",
    ),
    pytest.param(
        [("residents.csv", "josiane@example.org", "jean@@x")],
        [
            "residents.csv, ligne 2, colonne email : « jean@@x » n'est pas une adresse e-mail valable ; "
            "attendu : une seule adresse, comme prenom.nom@example.org."
        ],
        id="address",
    ),
    pytest.param(
        [("residents.csv", "josiane@example.org", '"j@example.org\nBcc: x@example.org"')],
        ["residents.csv, ligne 2, colonne email : « j@example.org↵Bcc: x@example.org » contient un retour à la ligne"],
        id="an address with a line feed",
    ),
    pytest.param(
        [("residents.csv", "S2;R1", "S9;R1"), ("factures.csv", "S2;F3", "S1;F3")],
        ["residents.csv, ligne 4, colonne structure : « S9 » n'est pas le code d'une structure connue"],
        id="unknown structure of a resident",
    ),
    pytest.param(
        [("residents.csv", "S2;R1", "S1;R1")],
        [
            "residents.csv, ligne 4, colonne code : « R1 » figure déjà à la ligne 2",
            "factures.csv, ligne 4, colonne code_resident : « R1 » n'est pas le code d'un résident connu",
        ],
        id="a resident's code twice in a structure",
    ),
    pytest.param(
        [("residents.csv", "T1;tuteur", "T9;tuteur")],
        ["residents.csv, ligne 3, colonne code_tuteur : « T9 » n'est pas le code d'un tuteur connu"],
        id="unknown guardian",
    ),
    pytest.param(
        [("residents.csv", "T1;tuteur", ";tuteur")],
        ["residents.csv, ligne 3, colonne destinataires : « tuteur » demande un tuteur, et ce résident n'en a pas"],
        id="to a guardian that there is not",
    ),
    pytest.param(
        [("residents.csv", "T1;tous", "T1;maman")],
        ["residents.csv, ligne 2, colonne destinataires : « maman » n'est pas une valeur connue"],
        id="unknown policy",
    ),
    pytest.param(
        [("residents.csv", "30/09/2024", "31/09/2024")],
        ["residents.csv, ligne 3, colonne date_sortie : « 31/09/2024 » n'est pas un jour du calendrier"],
        id="no such day",
    ),
    pytest.param(
        [("clients.csv", "professionnel", "pro")],
        ["clients.csv, ligne 2, colonne type : « pro » n'est pas une valeur connue"],
        id="kind of client",
    ),
    pytest.param(
        [("factures.csv", "S1;F2", "S1;F1")],
        [
            "factures.csv, ligne 3, colonne numero : « F1 » figure déjà à la ligne 2",
        ],
        id="a number twice in a structure",
    ),
    pytest.param(
        [("factures.csv", "F2;R2;;", "F2;R2;C1;")],
        ["factures.csv, ligne 3, colonne code_client : la facture a un résident et un client"],
        id="two debtors",
    ),
    pytest.param(
        [("factures.csv", "F2;R2;;", "F2;;;")],
        ["factures.csv, ligne 3, colonne code_resident : la facture n'a ni résident ni client"],
        id="no debtor",
    ),
    pytest.param(
        [("factures.csv", "F2;R2;;", "F2;R9;;")],
        ["factures.csv, ligne 3, colonne code_resident : « R9 » n'est pas le code d'un résident connu"],
        id="unknown resident",
    ),
    pytest.param(
        [("factures.csv", "F4;;C1;", "F4;;C9;")],
        ["factures.csv, ligne 5, colonne code_client : « C9 » n'est pas le code d'un client connu"],
        id="unknown client",
    ),
    pytest.param(
        [("factures.csv", "S2;F3;R1;;2024-09", "S2;F3;R2;;2024-09")],
        ["factures.csv, ligne 4, colonne code_resident : « R2 » n'est pas le code d'un résident connu"],
        id="a resident of another structure",
    ),
    pytest.param(
        [("factures.csv", "S2;F3;R1;;2024-09", "S2;F3;R1;;")],
        ["factures.csv, ligne 4, colonne periode : la facture d'un résident n'a pas de période"],
        id="a contribution without period",
    ),
    pytest.param(
        [("factures.csv", "S2;F3;R1;;2024-09", "S2;F3;R1;;septembre 2024")],
        ["factures.csv, ligne 4, colonne periode : « septembre 2024 » n'est pas une période"],
        id="period",
    ),
    pytest.param(
        [("factures.csv", "20,00;120,00;120,00", "20,00;120,10;120,00")],
        [
            "factures.csv, ligne 5, colonne montant_ttc : « 120,10 » n'est pas la somme du HT et de la TVA ; "
            "attendu : HT + TVA = 100,00\u00a0€ + 20,00\u00a0€ = 120,00\u00a0€."
        ],
        id="HT + TVA",
    ),
    pytest.param(
        [("factures.csv", "75,50;0;75,50", "75,505;0;75,505")],
        [
            "factures.csv, ligne 4, colonne montant_ht : « 75,505 » a plus de deux décimales",
            "factures.csv, ligne 4, colonne montant_ttc : « 75,505 » a plus de deux décimales",
        ],
        id="a tenth of a cent",
    ),
    pytest.param(
        [("factures.csv", "01/10/2024;31/10/2024", "01/10/2024;30/09/2024")],
        ["factures.csv, ligne 5, colonne date_echeance : « 30/09/2024 » précède la date de la facture"],
        id="due before it is issued",
    ),
    pytest.param(
        [("factures.csv", "01/10/2024;31/10/2024", "01/10/2042;31/10/2042")],
        ["factures.csv, ligne 5, colonne date_facture : « 01/10/2042 » est dans plus d'un an"],
        id="issued in the far future",
    ),
    pytest.param(
        [("lignes.csv", "F1;APL", "F9;APL")],
        [
            "factures.csv, ligne 2, colonne montant_ht : « 100,00 » n'est pas la somme des lignes de la facture F1",
            "lignes.csv, ligne 3, colonne numero_facture : « F9 » n'est le numéro d'aucune facture connue",
        ],
        id="a line of no invoice",
    ),
    pytest.param(
        [("lignes.csv", "2;60,00;120,00", "2;60,03;120,00")],
        ["lignes.csv, ligne 2, colonne montant : « 120,00 » n'est pas la quantité multipliée par le prix unitaire"],
        id="six cents beside quantity times price",
    ),
    pytest.param([("lignes.csv", "2;60,00;120,00", "2;60,025;120,00")], [], id="five cents of rounding are no fault"),
    pytest.param(
        [("factures.csv", "S2;F3;R1", "S2;F1;R1")],
        [
            "lignes.csv, ligne 2, colonne numero_facture : « F1 » est le numéro de plusieurs factures",
            "lignes.csv, ligne 3, colonne numero_facture : « F1 » est le numéro de plusieurs factures",
        ],
        id="lines of a number that two structures have",
    ),
    pytest.param(
        [
            ("factures.csv", "S2;F3;R1", "S2;F1;R1"),
            (
                "lignes.csv",
                "numero_facture;libelle;quantite;prix_unitaire;montant",
                "numero_facture;libelle;quantite;prix_unitaire;montant;Structure",
            ),
            ("lignes.csv", "120,00", "120,00;S1"),
            ("lignes.csv", "-20,00", "-20,00;S1"),
        ],
        [],
        id="the same with a column structure is no fault",
    ),
]


@pytest.mark.parametrize(("changed", "sentences"), CASES)
def test_every_fault_is_told_and_nothing_is_stored(
    changed: list[Change], sentences: list[str], database_url: str, tmp_path: Path
) -> None:
    """Exactly these faults, each with file, line, column and value; with one of them, not one row is written."""
    report = bring(write(tmp_path / "import", *changed), database_url)
    assert len(report.faults) == len(sentences), [str(fault) for fault in report.faults]
    for fault, sentence in zip(report.faults, sentences, strict=True):
        assert str(fault).startswith(sentence)
    if sentences:
        assert not any(everything(database_url).values())
        with reading(database_url) as session:
            assert session.scalars(select(ImportRun)).all() == []


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("structures.csv", "code;"),
        ("tuteurs.csv", "code;"),
        ("residents.csv", ";code;"),
        ("residents.csv", "structure;"),
        ("clients.csv", ";code;"),
        ("factures.csv", ";numero;"),
        ("lignes.csv", "numero_facture;"),
    ],
)
def test_a_file_without_its_key_column_is_one_fault(file: str, column: str, database_url: str, tmp_path: Path) -> None:
    """And not one for each row that refers to it."""
    report = bring(write(tmp_path / "import", (file, column, column.replace("e", "x", 1))), database_url)
    assert [fault.problem for fault in report.faults] == ["cette colonne manque"]


def test_ten_faults_are_ten_sentences(database_url: str, tmp_path: Path) -> None:
    """Not only the first: all that was planted, and nothing that follows from it."""
    write_faulty_sample(tmp_path / "faulty")
    report = bring(tmp_path / "faulty", database_url)
    assert len(report.faults) == len(FAULTS) == 10
    assert len({(fault.file, fault.column, fault.problem) for fault in report.faults}) == 10
    assert sorted(fault.file for fault in report.faults) == sorted(file for file, _, _ in FAULTS)
    assert report.message == (
        "Import refusé : 10 anomalies dans 6 fichiers ; rien n'a été enregistré. "
        "Corrigez les fichiers et relancez l'import."
    )
    assert not any(everything(database_url).values())


def test_an_unreadable_file_is_one_fault_and_what_refers_to_it_is_not_blamed(database_url: str, tmp_path: Path) -> None:
    """Otherwise one damaged file would hide the real faults behind hundreds of others."""
    folder = write(tmp_path / "import", ("clients.csv", "professionnel", "pro"))
    (folder / "tuteurs.csv").write_bytes(b"\x00\x01\x02")
    (folder / "residents.csv").write_bytes(b"\xff\xfeb\x00")
    assert [str(fault).split(" ;")[0] for fault in bring(folder, database_url).faults] == [
        "tuteurs.csv : le fichier n'est pas un texte",
        "residents.csv : le fichier est enregistré en UTF-16",
        "clients.csv, ligne 2, colonne type : « pro » n'est pas une valeur connue",
    ]


def test_only_the_first_faults_are_printed_and_all_are_counted(database_url: str, tmp_path: Path) -> None:
    """A page that nobody reads to the end helps nobody."""
    text = "code;nom;email\n" + "".join(f"T{i};X;@\n" for i in range(250))
    report = bring(only(tmp_path / "import", tuteurs=text), database_url)
    assert len(report.faults) == 250
    assert len(report.shown_faults) == 200
    assert report.more_faults == "… et 50 autres anomalies."


def test_an_import_that_is_refused_leaves_an_earlier_one_untouched(database_url: str, tmp_path: Path) -> None:
    """All or nothing: the right rows of a faulty import are not stored either."""
    accepted(write(tmp_path / "first"), database_url)
    before = everything(database_url)
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    write(
        tmp_path / "second",
        ("tuteurs.csv", "luc@example.org", "luc.goff@example.org"),
        ("clients.csv", "professionnel", "pro"),
    )
    assert len(bring(tmp_path / "second", database_url).faults) == 1
    assert everything(database_url) == before
