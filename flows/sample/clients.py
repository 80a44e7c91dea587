"""The sample clients and their invoices, overdue by all kinds of delays on 15 November 2024."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from faker import Faker

from flows.sample.invoices import CENT, SampleInvoice
from flows.sample.people import mailbox
from flows.sample.structures import CARE_HOME, WORKSHOP
from flows.sample.writing import Cell, Record

OVERDUE_AT = date(2024, 11, 15)
PAYMENT_TERM = timedelta(days=30)

CLIENT_COLUMNS = (
    "structure",
    "code",
    "nom",
    "type",
    "email",
    "adresse",
    "code_postal",
    "ville",
    "relance_suspendue_jusqu_au",
    "motif_suspension",
)
_BUSINESSES = (
    "SARL Jardins de l'Erdre",
    "Mairie de Saint-Exemple-sur-Erdre",
    "Hôtel du Bac & Fils",
    "Pharmacie de la Grée",
    "SCI Les Chênes",
    "Imprimerie Roudaut",
    "Copropriété Le Clos d'Or",
    "Restaurant Chez Maël",
    "Garage Évain",
    "Clinique vétérinaire des Rives",
)
CONSUMERS = 6
WITHOUT_ADDRESS = frozenset({4, 9, 14})
SUSPENDED = 6
# Billed every month for a year, and never paying.
MONTHLY, MONTHS = 2, 12
# Each has one invoice more: how many days it is overdue, and what is left to pay. Without an address; less than a
# reminder is worth; with no day to pay by.
LATE_BY_LETTER, OWES_LITTLE, WITHOUT_DUE_DATE = 14, 16, 13
_ONE_MORE = ((LATE_BY_LETTER, 45, "1"), (OWES_LITTLE, 40, "0.01"), (WITHOUT_DUE_DATE, 25, "1"))

# Days after the due date on 15 November (negative: not yet due), what is left to pay, and whether it is disputed.
_STANDINGS = (
    (-12, "1", False),
    (4, "1", False),
    (10, "1", False),
    (16, "1", False),
    (18, "0.4", False),
    (31, "1", False),
    (33, "0", False),
    (36, "1", True),
    (47, "1", False),
    (52, "0.5", False),
    (63, "1", False),
    (75, "1", True),
    (92, "1", False),
)
_SERVICES = (
    ("Entretien des espaces verts, taille de haies (heures)", "38.50"),
    ("Tonte et ramassage (passages)", "64.00"),
    ("Blanchisserie (kg)", "3.45"),
    ("Mise sous pli et affranchissement (lots de 100)", "21.90"),
    ("Conditionnement à façon (palettes)", "112.00"),
)


def clients(fake: Faker) -> list[Record]:
    """The rows of ``clients.csv``: businesses of the workshop, consumers of the care home's meals at home."""
    return [_client(fake, number) for number in range(1, len(_BUSINESSES) + CONSUMERS + 1)]


def _client(fake: Faker, number: int) -> Record:
    business = number <= len(_BUSINESSES)
    last_name, first_name = fake.last_name(), fake.first_name()
    name = _BUSINESSES[number - 1] if business else f"{last_name.upper()} {first_name}"
    email = f"compta{number}@client.test" if business else mailbox(first_name, f"{last_name}{number}", "example.net")
    return {
        "structure": WORKSHOP if business else CARE_HOME,
        "code": client_code(number),
        "nom": name,
        "type": "professionnel" if business else "particulier",
        "email": "" if number in WITHOUT_ADDRESS else email,
        "adresse": fake.street_address(),
        "code_postal": fake.postcode(),
        "ville": fake.city(),
        "relance_suspendue_jusqu_au": date(2024, 12, 31) if number == SUSPENDED else None,
        "motif_suspension": "Échéancier accordé le 4 octobre 2024" if number == SUSPENDED else "",
    }


def client_code(number: int) -> str:
    return f"C{number:04d}"


def commercial_invoices(random: Random, client_rows: list[Record]) -> list[SampleInvoice]:
    """Two or three invoices for each client, their delays and balances taken in turn from the table above.

    Then those of the clients who stand out: see MONTHLY and _ONE_MORE.
    """
    invoices: list[SampleInvoice] = []
    for client in client_rows:
        for _ in range(2 + len(invoices) % 2):
            invoices.append(_invoice(random, client, len(invoices), _STANDINGS[len(invoices) % len(_STANDINGS)]))
    by_code = {client["code"]: client for client in client_rows}
    have = sum(invoice.record["code_client"] == client_code(MONTHLY) for invoice in invoices)
    for month in range(1, MONTHS - have + 1):
        invoices.append(_invoice(random, by_code[client_code(MONTHLY)], len(invoices), (16 + 30 * month, "1", False)))
    for number, delay, unpaid in _ONE_MORE:
        invoices.append(_invoice(random, by_code[client_code(number)], len(invoices), (delay, unpaid, False)))
        if number == WITHOUT_DUE_DATE:
            invoices[-1].record["date_echeance"] = None
    return invoices


def _invoice(random: Random, client: Record, position: int, standing: tuple[int, str, bool]) -> SampleInvoice:
    delay, unpaid, disputed = standing
    business = client["structure"] == WORKSHOP
    due = OVERDUE_AT - timedelta(days=delay)
    issued = due - PAYMENT_TERM
    invoice = SampleInvoice(f"{'ESAT' if business else 'PORT'}-{issued.year}-{position + 1:03d}")
    if business:
        for label, price in random.sample(_SERVICES, random.randint(1, 3)):
            invoice.add(label, price, random.randint(2, 40))
    else:
        invoice.add("Portage de repas à domicile", "9.6000", random.randint(8, 26))
    vat = (invoice.total * Decimal("0.20" if business else "0.10")).quantize(CENT, ROUND_HALF_UP)
    incl = invoice.total + vat
    record: dict[str, Cell] = {
        "structure": client["structure"],
        "numero": invoice.number,
        "code_client": client["code"],
        "date_facture": issued,
        "date_echeance": due,
        "montant_ht": invoice.total,
        "montant_tva": vat,
        "montant_ttc": incl,
        "reste_a_payer": (incl * Decimal(unpaid)).quantize(CENT, ROUND_HALF_UP),
        "litige": "oui" if disputed else "non",
    }
    invoice.record = record
    return invoice
