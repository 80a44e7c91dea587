"""The sample data, as a folder that can be imported: for the demonstration and the tests."""

from __future__ import annotations

import argparse
from pathlib import Path

from faker import Faker

from flows.sample import clients, invoices, people, structures
from flows.sample.faulty import plant_faults
from flows.sample.pdf import draw
from flows.sample.writing import write_csv


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The one argument: where the files are written."""
    parser.add_argument("folder", metavar="DOSSIER", type=Path, help="le dossier où écrire, créé s'il n'existe pas")


def run(arguments: argparse.Namespace) -> int:
    """Write the sample, and say how to import it."""
    write_sample(arguments.folder)
    print(f"L'association d'exemple est écrite ; pour l'importer : facteur import {arguments.folder}")
    return 0


def write_sample(folder: Path, seed: int = 2024) -> None:
    """Write the sample association into ``folder``, as Facteur's import reads it; the same seed, the same bytes."""
    fake = Faker("fr_FR")
    fake.seed_instance(seed)
    guardians = people.guardians(fake)
    persons = people.residents(fake, guardians)
    customers = clients.clients(fake)
    contributions = invoices.contributions(fake.random, persons)
    billed = contributions + clients.commercial_invoices(fake.random, customers)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "structures.csv", structures.COLUMNS, structures.structures())
    write_csv(folder / "tuteurs.csv", people.GUARDIAN_COLUMNS, guardians)
    write_csv(folder / "residents.csv", people.RESIDENT_COLUMNS, (person.record for person in persons))
    write_csv(folder / "clients.csv", clients.CLIENT_COLUMNS, customers)
    write_csv(folder / "factures.csv", invoices.INVOICE_COLUMNS, (invoice.record for invoice in billed))
    write_csv(folder / "lignes.csv", invoices.LINE_COLUMNS, (line for invoice in billed for line in invoice.lines))
    by_code = {person.code: person for person in persons}
    for invoice in contributions:
        if invoice.record["fichier_pdf"]:
            pdf = draw(invoice, by_code[str(invoice.record["code_resident"])])
            (folder / str(invoice.record["fichier_pdf"])).write_bytes(pdf)


def write_faulty_sample(folder: Path) -> None:
    """Write the sample with ten different faults in it: an import must refuse it and name each of them."""
    write_sample(folder)
    plant_faults(folder)
