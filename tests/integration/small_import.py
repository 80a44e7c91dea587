"""A small import in which every table has a row or two, and what the tests of imports ask of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.database.session import reading
from models.tables.base import Base
from models.tables.invoice import Invoice
from tasks.imports.report import ImportReport
from tasks.imports.run import Consent, import_source

NOW = datetime(2024, 10, 2, 8, 30, tzinfo=UTC)

FILES = {
    "structures.csv": """code;nom;association;adresse;siret;objet_mail;texte_mail
S1;Les Tilleuls;Les Rives;"1 rue A
Bât. B";73282932000074;Facture de &periode;"Bonjour,
voici la facture de &personne."
S2;Horizon;Les Rives;;;;
""",
    "tuteurs.csv": """code;nom;prenom;type;email
T1;LE BIHAN;Anne;MJPM;anne@tutelles.test
T2;GOFF;Luc;famille;luc@example.org
""",
    "residents.csv": """structure;code;civilite;nom;prenom;email;code_tuteur;destinataires;date_sortie
S1;R1;Mme;MAILLY;Josiane;josiane@example.org;T1;tous;
S1;R2;M.;BÉRANGER;Éric;;T1;tuteur;30/09/2024
S2;R1;M.;ÇELIK;Zoé;anne@tutelles.test;;;
""",
    "clients.csv": """structure;code;nom;type;email;relance_suspendue_jusqu_au;motif_suspension
S1;C1;Mairie;professionnel;compta@client.test;31/12/2024;accord
S1;C2;MARTIN Paul;particulier;;;
""",
    "factures.csv": """structure;numero;code_resident;code_client;periode;date_facture;date_echeance;\
montant_ht;montant_tva;montant_ttc;reste_a_payer;fichier_pdf;date_edition;litige
S1;F1;R1;;2024-09;30/09/2024;15/10/2024;100,00;0,00;100,00;;;;
S1;F2;R2;;2024-09;30/09/2024;15/10/2024;50,00;;50,00;20,00;;03/10/2024;
S2;F3;R1;;2024-09;30/09/2024;;75,50;0;75,50;;;;
S1;F4;;C1;;01/10/2024;31/10/2024;100,00;20,00;120,00;120,00;;;oui
""",
    "lignes.csv": """numero_facture;libelle;quantite;prix_unitaire;montant
F1;Hébergement;2;60,00;120,00
F1;APL;;;-20,00
F4;Tonte;4;25,0000;100,00
""",
}


def write(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """Write the import with changes (file, text that is in it once, its replacement)."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = dict(FILES)
    for name, old, new in changes:
        assert texts[name].count(old) == 1, f"{old!r} is not once in {name}"
        texts[name] = texts[name].replace(old, new)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def only(folder: Path, **texts: str) -> Path:
    """Write an import that holds nothing but these files, given by the names of their tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def bring(folder: Path, database_url: str, *, consent: Consent | None = None, dry_run: bool = False) -> ImportReport:
    """Import with the archive beside the folder."""
    return import_source(folder, database_url, folder.parent / "archive", NOW, consent=consent, dry_run=dry_run)


def accepted(folder: Path, database_url: str) -> ImportReport:
    """Import what must be accepted; somebody takes what is dangerous about it."""
    report = bring(folder, database_url, consent=Consent("AB"))
    assert [str(fault) for fault in report.faults] == []
    assert report.accepted
    return report


def changes(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    """Created, updated, unchanged of each file."""
    return {name: (c.created, c.updated, c.unchanged) for name, c in report.counts.items()}


def everything(database_url: str) -> dict[str, list[Any]]:
    """All rows of all tables but the record of imports."""
    with reading(database_url) as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != "import_runs"
        }


def invoice(database_url: str, number: str) -> Invoice:
    """One invoice with its lines and debtor, detached."""
    with reading(database_url) as session:
        found = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        assert found.lines is not None
        assert (found.resident is None) != (found.client is None)
        session.expunge_all()
        return found
