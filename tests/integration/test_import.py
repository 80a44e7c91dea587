"""An import brings the ledger to what its files say."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from flows.cli.commands.sample import write_sample
from models.database.session import reading
from models.tables.import_run import ImportRun
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Association, Structure, Wording
from models.tables.people import Client, Guardian, Resident
from models.values.kinds import RecipientPolicy
from tests.integration.small_import import FILES, NOW, accepted, changes, everything, invoice, only, write
from tests.unit.imports.xlsx import workbook


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / f"{name}.csv").read_bytes().decode("utf-8-sig")), delimiter=";"))


def euros(written: str) -> Decimal:
    return Decimal(written.replace(",", "."))


def test_the_sample_arrives_as_its_files_say(database_url: str, tmp_path: Path) -> None:
    """Every row of every file is in the database with its values: the files are the expectation."""
    folder = tmp_path / "sample"
    write_sample(folder)
    report = accepted(folder, database_url)
    assert changes(report) == {
        name: (len(rows(folder, name)), 0, 0)
        for name in ("structures", "tuteurs", "residents", "clients", "factures", "lignes")
    }
    with reading(database_url) as session:
        residents = {(r.structure.code, r.code): r for r in session.scalars(select(Resident))}
        for row in rows(folder, "residents"):
            resident = residents[row["structure"], row["code"]]
            assert (resident.title, resident.last_name, resident.first_name) == (
                row["civilite"],
                row["nom"],
                row["prenom"],
            )
            assert resident.email == row["email"]
            assert (resident.guardian.code if resident.guardian else "") == row["code_tuteur"]
        invoices = {i.number: i for i in session.scalars(select(Invoice))}
        for row in rows(folder, "factures"):
            stored = invoices[row["numero"]]
            assert stored.structure.code == row["structure"]
            assert (stored.resident.code if stored.resident else "") == row["code_resident"]
            assert (stored.client.code if stored.client else "") == row["code_client"]
            assert (stored.total_excl_tax, stored.vat, stored.total_incl_tax) == (
                euros(row["montant_ht"]),
                euros(row["montant_tva"]),
                euros(row["montant_ttc"]),
            )
            assert stored.balance == euros(row["reste_a_payer"] or row["montant_ttc"])
            assert stored.period == (row["periode"] or None)
            assert f"{stored.issued_on:%d/%m/%Y}" == row["date_facture"]
            assert bool(stored.pdf_key) == bool(row["fichier_pdf"])
        for number, found in invoices.items():
            expected = [
                (row["libelle"], euros(row["montant"]))
                for row in rows(folder, "lignes")
                if row["numero_facture"] == number
            ]
            assert [(line.label, line.amount) for line in found.lines] == expected
        assert session.scalar(select(func.count()).select_from(Guardian)) == len(rows(folder, "tuteurs"))
        assert [wording.structure.code for wording in session.scalars(select(Wording))] == ["TILLEULS"]
        association = session.scalars(select(Association)).one()
        assert association.code == "les-rives-de-l-erabliere"


def test_a_second_import_of_the_same_folder_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """Not one row of the database differs; the import itself is recorded."""
    folder = write(tmp_path / "import")
    first = accepted(folder, database_url)
    before = everything(database_url)
    second = accepted(folder, database_url)
    assert everything(database_url) == before
    assert changes(second) == {name: (0, 0, created) for name, (created, _, _) in changes(first).items()}
    assert second.message == "Import terminé : rien n'a changé (16 lignes inchangées)."
    with reading(database_url) as session:
        runs = session.scalars(select(ImportRun).order_by(ImportRun.id)).all()
    assert [(run.created, run.updated, run.unchanged, run.with_balances) for run in runs] == [
        (16, 0, 0, True),
        (0, 0, 16, True),
    ]
    assert runs[0].imported_at == NOW
    assert runs[0].source == str(folder)


def test_values_are_stored_in_their_exact_form(database_url: str, tmp_path: Path) -> None:
    """Empty cells have the meaning that the format gives them."""
    accepted(write(tmp_path / "import"), database_url)
    with reading(database_url) as session:
        structure = session.scalars(select(Structure).where(Structure.code == "S1")).one()
        assert structure.street == "1 rue A\nBât. B"
        assert [(w.kind, w.subject, w.body) for w in structure.wordings] == [
            ("invoice", "Facture de &periode", "Bonjour,\nvoici la facture de &personne.")
        ]
        eric = session.scalars(select(Resident).where(Resident.code == "R2")).one()
        assert (eric.recipients, eric.left_on, eric.email) == (RecipientPolicy.GUARDIAN, date(2024, 9, 30), "")
        client = session.scalars(select(Client).where(Client.code == "C1")).one()
        assert (client.reminders_suspended_until, client.suspension_reason) == (date(2024, 12, 31), "accord")
    second = invoice(database_url, "F2")
    assert (second.vat, second.balance, second.imported_printed_on) == (
        Decimal("0.00"),
        Decimal("20.00"),
        date(2024, 10, 3),
    )
    commercial = invoice(database_url, "F4")
    assert (commercial.disputed, commercial.period, commercial.resident_id) == (True, None, None)
    assert commercial.lines[0].unit_price == Decimal("25.0000")


def test_a_newer_import_updates_what_it_says_and_keeps_what_it_does_not_mention(
    database_url: str, tmp_path: Path
) -> None:
    """A column that is there and empty clears; a column that is absent keeps; nobody is deleted."""
    accepted(write(tmp_path / "first"), database_url)
    newer = only(
        tmp_path / "newer",
        residents="structure;code;nom;prenom;code_tuteur\nS1;R1;MAILLY-DUPONT;Josiane;\n",
        factures="structure;numero;code_resident;date_facture;montant_ht;montant_ttc;reste_a_payer\n"
        "S1;F1;R1;30/09/2024;100;100;0\n",
    )
    assert changes(accepted(newer, database_url)) == {"residents": (0, 1, 0), "factures": (0, 1, 0)}
    with reading(database_url) as session:
        resident = session.scalars(
            select(Resident).join(Structure).where(Resident.code == "R1", Structure.code == "S1")
        ).one()
        assert (resident.last_name, resident.guardian, resident.email) == ("MAILLY-DUPONT", None, "josiane@example.org")
        assert session.scalar(select(func.count()).select_from(Resident)) == 3
    kept = invoice(database_url, "F1")
    assert (kept.balance, kept.period, kept.due_on) == (Decimal("0.00"), "2024-09", date(2024, 10, 15))
    assert [line.label for line in kept.lines] == ["Hébergement", "APL"]


def test_a_wording_can_be_cleared_and_the_default_serves_again(database_url: str, tmp_path: Path) -> None:
    """Both texts empty: the structure has no words of its own."""
    accepted(write(tmp_path / "first"), database_url)
    accepted(
        only(
            tmp_path / "newer", structures="code;nom;association;objet_mail;texte_mail\nS1;Les Tilleuls;Les Rives;;\n"
        ),
        database_url,
    )
    with reading(database_url) as session:
        assert [(w.subject, w.body) for w in session.scalars(select(Wording))] == [("", "")]


@pytest.mark.parametrize(
    ("lines", "counts", "labels"),
    [
        pytest.param("F1;Hébergement;;;100\n", (0, 2, 0), ["Hébergement"], id="fewer"),
        pytest.param(
            "F1;Hébergement;2;60;120\nF1;A;;;-10\nF1;B;;;-10\n", (1, 1, 1), ["Hébergement", "A", "B"], id="more"
        ),
        pytest.param("F1;APL;;;-20\nF1;Hébergement;2;60;120\n", (0, 2, 0), ["APL", "Hébergement"], id="other order"),
    ],
)
def test_the_lines_of_an_invoice_are_replaced_as_a_whole(
    lines: str, counts: tuple[int, int, int], labels: list[str], database_url: str, tmp_path: Path
) -> None:
    """What the newer file has for an invoice is all that the invoice has then."""
    accepted(write(tmp_path / "first"), database_url)
    head = "numero_facture;libelle;quantite;prix_unitaire;montant\n"
    report = accepted(only(tmp_path / "newer", lignes=head + lines), database_url)
    assert changes(report) == {"lignes": counts}
    assert [line.label for line in invoice(database_url, "F1").lines] == labels
    with reading(database_url) as session:
        assert session.scalar(select(func.count()).select_from(InvoiceLine)) == len(labels) + 1


def test_a_wholly_unpaid_invoice_that_grows_stays_wholly_unpaid(database_url: str, tmp_path: Path) -> None:
    """Without a column for it, the balance follows the amount only where nothing was paid."""
    accepted(write(tmp_path / "first"), database_url)
    head = "structure;numero;code_resident;date_facture;montant_ht;montant_ttc\n"
    accepted(
        only(tmp_path / "newer", factures=head + "S2;F3;R1;30/09/2024;80;80\nS1;F2;R2;30/09/2024;60;60\n"), database_url
    )
    assert invoice(database_url, "F3").balance == Decimal("80.00")
    assert invoice(database_url, "F2").balance == Decimal("20.00")


@pytest.mark.parametrize("form", ["zip", "zip of the folder", "xlsx", "Windows-1252"])
def test_every_form_of_the_same_import_gives_the_same_rows(form: str, database_url: str, tmp_path: Path) -> None:
    """After the CSV folder, the same data in another form changes nothing."""
    folder = write(tmp_path / "import")
    accepted(folder, database_url)
    other = tmp_path / "other"
    other.mkdir()
    if form.startswith("zip"):
        with zipfile.ZipFile(other / "export.zip", "w") as packed:
            for path in folder.iterdir():
                packed.write(path, path.name if form == "zip" else f"export/{path.name}")
        other = other / "export.zip"
    else:
        for name, text in FILES.items():
            if form == "xlsx":
                cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
                (other / name.replace(".csv", ".xlsx")).write_bytes(workbook([list(map(_typed, row)) for row in cells]))
            else:
                (other / name).write_bytes(text.replace("\n", "\r\n").encode("cp1252"))
    report = accepted(other, database_url)
    assert {name: (created, updated) for name, (created, updated, _) in changes(report).items()} == dict.fromkeys(
        ("structures", "tuteurs", "residents", "clients", "factures", "lignes"), (0, 0)
    )


def _typed(cell: str) -> object:
    """The cell as Excel would keep what a person types."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        pass
    try:
        return datetime.strptime(cell, "%d/%m/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return date.fromisoformat(f"{cell}-01") if cell == "2024-09" else cell


def test_references_are_found_in_the_database_too(database_url: str, tmp_path: Path) -> None:
    """A later month brings invoices alone."""
    accepted(write(tmp_path / "first"), database_url)
    october = only(
        tmp_path / "october",
        factures="structure;numero;code_resident;periode;date_facture;montant_ht;montant_ttc\n"
        "S1;F9;R1;2024-10;01/10/2024;10;10\n",
        lignes="numero_facture;libelle;montant\nF9;Forfait;10\n",
    )
    assert changes(accepted(october, database_url)) == {"factures": (1, 0, 0), "lignes": (1, 0, 0)}


def test_the_period_of_a_clients_invoice_is_left_aside_and_that_is_said(database_url: str, tmp_path: Path) -> None:
    """It must not appear among the contributions of the month."""
    report = accepted(write(tmp_path / "import", ("factures.csv", "F4;;C1;;", "F4;;C1;2024-09;")), database_url)
    assert invoice(database_url, "F4").period is None
    assert "factures.csv : la période des factures de clients est laissée de côté (1)." in report.notes


@pytest.mark.parametrize(
    ("changed", "fresh"),
    [
        pytest.param([], True, id="the balance of a client"),
        pytest.param([("factures.csv", "reste_a_payer", "solde")], False, id="no column for balances"),
        pytest.param(
            [("factures.csv", "S1;F4;;C1;;01/10/2024;31/10/2024", "S1;F4;R1;;2024-10;01/10/2024;31/10/2024")],
            False,
            id="contributions alone",
        ),
    ],
)
def test_only_what_clients_still_owe_makes_balances_fresh(
    changed: list[tuple[str, str, str]], fresh: bool, database_url: str, tmp_path: Path
) -> None:
    """A clerk who imports the month's contributions has not told who paid: reminders still ask for the payments."""
    accepted(write(tmp_path / "import", *changed), database_url)
    with reading(database_url) as session:
        assert [run.with_balances for run in session.scalars(select(ImportRun))] == [fresh]
