"""The sample data are the same at every run, and hold every case that the demonstration shows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum import iban, luhn
from stdnum.fr import siret

from flows.cli.commands.sample import write_sample

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample")
    write_sample(path)
    return path


def rows(folder: Path, name: str) -> Rows:
    return list(csv.DictReader(io.StringIO((folder / name).read_bytes().decode("utf-8-sig")), delimiter=";"))


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Every file, the PDF included, is the same in a second run; another seed gives other people."""
    write_sample(tmp_path / "again")
    write_sample(tmp_path / "other", seed=7)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == first
    assert (tmp_path / "other" / "residents.csv").read_bytes() != first["residents.csv"]


def test_every_registration_number_passes_its_check(folder: Path) -> None:
    """The numbers are invented, and right."""
    for row in rows(folder, "structures.csv"):
        assert siret.is_valid(row["siret"])
        assert luhn.is_valid(row["finess"])
        assert iban.is_valid(row["iban"])


def test_all_addresses_are_in_reserved_domains(folder: Path) -> None:
    """No mail of a demonstration can reach anybody."""
    for name, column in (
        ("residents.csv", "email"),
        ("tuteurs.csv", "email"),
        ("clients.csv", "email"),
        ("structures.csv", "expediteur_email"),
        ("structures.csv", "repondre_a"),
    ):
        for row in rows(folder, name):
            domain = row[column].rpartition("@")[2]
            assert domain in {"", "example.org", "example.com", "example.net"} or domain.endswith(".test")


def test_every_combination_of_addresses_is_there(folder: Path) -> None:
    """No address, one, two, the same twice, paper only, without invoice, a guardian who serves many."""
    guardians = {row["code"]: row["email"] for row in rows(folder, "tuteurs.csv")}
    residents = rows(folder, "residents.csv")
    assert (len(residents), len(guardians)) == (120, 40)
    pairs = [(row["email"], guardians.get(row["code_tuteur"], "")) for row in residents]
    assert any(own == theirs == "" for own, theirs in pairs)
    assert any(own and not theirs for own, theirs in pairs)
    assert any(theirs and not own for own, theirs in pairs)
    assert any(own and own == theirs for own, theirs in pairs)
    assert any(own and theirs and own != theirs for own, theirs in pairs)
    assert {row["destinataires"] for row in residents} == {"", "tous", "résident", "tuteur", "papier"}
    assert max(Counter(row["code_tuteur"] for row in residents if row["code_tuteur"]).values()) >= 5
    assert sum(bool(row["date_sortie"]) for row in residents) == 4
    assert max(Counter((row["nom"], row["prenom"]) for row in residents).values()) == 2
    billed = {row["code_resident"] for row in rows(folder, "factures.csv") if row["periode"] == "2024-09"}
    assert 0 < len([row for row in residents if row["code"] not in billed]) < 10


def test_mailly_josiane_has_her_own_address_and_a_guardian_with_another(folder: Path) -> None:
    """The person of the users' example."""
    mailly = rows(folder, "residents.csv")[0]
    assert (mailly["structure"], mailly["code"], mailly["nom"], mailly["prenom"]) == (
        "TILLEULS",
        "R0001",
        "MAILLY",
        "Josiane",
    )
    assert mailly["email"] == "josiane.mailly@example.org"
    guardians = {row["code"]: row["email"] for row in rows(folder, "tuteurs.csv")}
    assert guardians[mailly["code_tuteur"]] not in {"", mailly["email"]}


def test_there_are_invoices_of_two_pages_and_one_that_brings_its_pdf(folder: Path) -> None:
    """More than 40 lines make a second page."""
    lines = Counter(row["numero_facture"] for row in rows(folder, "lignes.csv"))
    assert sum(count > 40 for count in lines.values()) >= 2
    named = [row["fichier_pdf"] for row in rows(folder, "factures.csv") if row["fichier_pdf"]]
    assert len(named) == 1
    assert (folder / named[0]).read_bytes().startswith(b"%PDF-")


def test_the_clients_show_every_case_of_a_reminder(folder: Path) -> None:
    """Of both kinds, with and without address, twelve invoices at once, and each reason not to remind."""
    clients = {row["code"]: row for row in rows(folder, "clients.csv")}
    assert {(row["type"], bool(row["email"])) for row in clients.values()} == {
        (kind, mailed) for kind in ("professionnel", "particulier") for mailed in (True, False)
    }
    (suspended,) = (row for row in clients.values() if row["relance_suspendue_jusqu_au"])
    assert (suspended["relance_suspendue_jusqu_au"], bool(suspended["motif_suspension"])) == ("31/12/2024", True)
    invoices = [row for row in rows(folder, "factures.csv") if row["code_client"]]
    assert len(Counter(row["numero"] for row in invoices)) == len(invoices)
    assert max(Counter(row["code_client"] for row in invoices).values()) == 12
    balances = [Decimal(row["reste_a_payer"].replace(",", ".")) for row in invoices]
    assert any(0 < balance < 5 for balance in balances)
    assert any(
        0 < balance < Decimal(row["montant_ttc"].replace(",", "."))
        for row, balance in zip(invoices, balances, strict=True)
    )
    assert {row["litige"] for row in invoices} == {"oui", "non"}
    assert any(not row["date_echeance"] for row in invoices)
