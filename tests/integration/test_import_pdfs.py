"""The PDFs that an import brings are kept as they are, and belong to one invoice each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.composing import archive
from tests.integration.small_import import FILES, accepted, bring, invoice, only, write
from tests.unit.imports.test_pdfs import pdf

PDF = pdf()


def test_a_pdf_of_the_import_is_kept_byte_for_byte(database_url: str, tmp_path: Path) -> None:
    """What is sent later is what the billing software made."""
    folder = write(tmp_path / "import", ("factures.csv", "100,00;;;;\nS1;F2", "100,00;;Factures\\f1.PDF;;\nS1;F2"))
    (folder / "factures").mkdir()
    content = pdf()
    (folder / "factures" / "F1.pdf").write_bytes(content)
    report = accepted(folder, database_url)
    assert report.notes == ("Association « Les Rives » : son serveur SMTP se règle dans le bloc « smtp-les-rives ».",)
    assert archive.get(tmp_path / "archive", invoice(database_url, "F1").pdf_key) == content
    (folder / "factures.csv").write_text(FILES["factures.csv"], encoding="utf-8")
    accepted(folder, database_url)
    assert invoice(database_url, "F1").pdf_key == ""


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        pytest.param("a.pdf", "a.pdf", "est aussi le PDF de la facture F1 (ligne 2)", id="the same file"),
        pytest.param("a.pdf", "copy.pdf", "est aussi le PDF de la facture F1 (ligne 2)", id="a copy of it"),
        pytest.param("a.pdf", "../outside.pdf", "désigne un fichier hors du dossier", id="path traversal"),
        pytest.param("a.pdf", "/etc/passwd", "désigne un fichier hors du dossier", id="absolute path"),
        pytest.param("a.pdf", "absent.pdf", "n'est pas un fichier de l'import", id="absent"),
        pytest.param("a.pdf", "empty.pdf", "est un fichier vide (0 octet)", id="0 bytes"),
        pytest.param("a.pdf", "huge.pdf", "dépasse 20 Mo", id="60 MB"),
        pytest.param("a.pdf", "text.pdf", "n'est pas un PDF", id="no PDF"),
        pytest.param("a.pdf", "link.pdf", "est un lien", id="a link"),
    ],
)
def test_each_invoice_has_a_pdf_of_its_own(
    first: str, second: str, problem: str, database_url: str, tmp_path: Path
) -> None:
    """A PDF that two invoices share would show one person the invoice of another."""
    folder = write(
        tmp_path / "import",
        ("factures.csv", "100,00;;;;\nS1;F2", f"100,00;;{first};;\nS1;F2"),
        ("factures.csv", "50,00;20,00;;", f"50,00;20,00;{second};"),
    )
    for name in ("a.pdf", "copy.pdf"):
        (folder / name).write_bytes(PDF)
    (tmp_path / "outside.pdf").write_bytes(PDF)
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "text.pdf").write_bytes(b"hello")
    (folder / "link.pdf").symlink_to(tmp_path / "outside.pdf")
    with (folder / "huge.pdf").open("wb") as huge:
        huge.truncate(60_000_000)
    report = bring(folder, database_url)
    assert len(report.faults) == 1
    assert str(report.faults[0]).startswith(f"factures.csv, ligne 3, colonne fichier_pdf : « {second} » {problem}")
    assert not (tmp_path / "archive").exists()


def test_a_pdf_that_another_stored_invoice_has_is_refused(database_url: str, tmp_path: Path) -> None:
    """Also when the other came with an earlier import; a swap in one import is fine."""
    head = "structure;numero;code_resident;periode;date_facture;montant_ht;montant_ttc;fichier_pdf\n"
    row = "S1;{};{};2024-09;30/09/2024;{};{};{}\n"
    accepted(write(tmp_path / "first"), database_url)
    folder = only(tmp_path / "second", factures=head + row.format("F1", "R1", 100, 100, "a.pdf"))
    (folder / "a.pdf").write_bytes(PDF)
    (folder / "b.pdf").write_bytes(pdf(pages=2))
    accepted(folder, database_url)
    only(folder, factures=head + row.format("F2", "R2", 50, 50, "a.pdf"))
    report = bring(folder, database_url)
    assert [fault.problem for fault in report.faults] == ["est déjà le PDF de la facture F1"]
    only(folder, factures=head + row.format("F2", "R2", 50, 50, "a.pdf") + row.format("F1", "R1", 100, 100, "b.pdf"))
    accepted(folder, database_url)
