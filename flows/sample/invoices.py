"""The sample contribution invoices of August and September 2024, with believable lines."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from flows.sample.people import Person
from flows.sample.structures import CARE_HOME, LIVING_HOME, WORKSHOP
from flows.sample.writing import Cell, Record
from models.values.period import Period

PERIODS = (Period(2024, 8), Period(2024, 9))
WITH_PDF = "R0002"
# In the care home, who takes everything that is offered fills a second page.
LONG_INVOICES = frozenset({"R0012", "R0037"})
# Came in October, or stay in hospital all month: no invoice.
WITHOUT_INVOICE = {Period(2024, 8): frozenset({"R0019", "R0090"}), Period(2024, 9): frozenset({"R0019", "R0045"})}

INVOICE_COLUMNS = (
    "structure",
    "numero",
    "code_resident",
    "code_client",
    "periode",
    "date_facture",
    "date_echeance",
    "montant_ht",
    "montant_tva",
    "montant_ttc",
    "reste_a_payer",
    "fichier_pdf",
    "date_edition",
    "litige",
)
LINE_COLUMNS = ("numero_facture", "libelle", "quantite", "prix_unitaire", "montant")

CENT = Decimal("0.01")
_PREFIXES = {CARE_HOME: "TIL", WORKSHOP: "ATE", LIVING_HOME: "HOR"}
_EXTRAS = (
    ("Coiffeur : coupe et brushing", "28.50"),
    ("Pédicure", "32.00"),
    ("Repas invité", "11.80"),
    ("Entretien du linge délicat", "9.40"),
    ("Téléphone, abonnement", "14.90"),
    ("Sortie au marché de Noël artisanal", "6.00"),
)


@dataclass(slots=True)
class SampleInvoice:
    """An invoice that is being made: its row and its lines."""

    number: str
    record: dict[str, Cell] = field(default_factory=dict)
    lines: list[Record] = field(default_factory=list)

    def add(self, label: str, price: str, quantity: int | str = 1) -> None:
        """Add a line; its amount is quantity times price, to the cent."""
        count, unit = Decimal(quantity), Decimal(price)
        amount = (count * unit).quantize(CENT, ROUND_HALF_UP)
        self.lines.append(
            {
                "numero_facture": self.number,
                "libelle": label,
                "quantite": count,
                "prix_unitaire": unit,
                "montant": amount,
            }
        )

    def add_amount(self, label: str, amount: Decimal) -> None:
        """Add a line that has no quantity."""
        self.lines.append({"numero_facture": self.number, "libelle": label, "montant": amount})

    @property
    def total(self) -> Decimal:
        return sum((Decimal(str(line["montant"])) for line in self.lines), Decimal("0.00"))


def contributions(random: Random, persons: list[Person]) -> list[SampleInvoice]:
    """The invoices of both months: one for each resident who was there and is billed."""
    return [
        _contribution(random, period, person, position)
        for period in PERIODS
        for position, person in enumerate(persons, start=1)
        if person.code not in WITHOUT_INVOICE[period] and not _left_before(person, period)
    ]


def _left_before(person: Person, period: Period) -> bool:
    return person.left_on is not None and person.left_on < date(period.year, period.month, 1)


def _contribution(random: Random, period: Period, person: Person, position: int) -> SampleInvoice:
    last_day = date(period.year, period.month, calendar.monthrange(period.year, period.month)[1])
    days = person.left_on.day if person.left_on and person.left_on < last_day else last_day.day
    invoice = SampleInvoice(f"{_PREFIXES[person.structure]}-{period.year}{period.month:02d}-{position:04d}")
    {CARE_HOME: _care_home, WORKSHOP: _workshop, LIVING_HOME: _living_home}[person.structure](
        random, invoice, person, days
    )
    paid = period == PERIODS[0] and position % 4 != 0
    invoice.record = {
        "structure": person.structure,
        "numero": invoice.number,
        "code_resident": person.code,
        "periode": str(period),
        "date_facture": last_day,
        "date_echeance": last_day + timedelta(days=15),
        "montant_ht": invoice.total,
        "montant_tva": Decimal("0.00"),
        "montant_ttc": invoice.total,
        "reste_a_payer": Decimal("0.00") if paid else None,
        "fichier_pdf": f"{invoice.number}.pdf" if person.code == WITH_PDF and period == PERIODS[1] else None,
        "date_edition": last_day + timedelta(days=3) if period == PERIODS[0] else None,
        "litige": "oui" if position == 44 and period == PERIODS[0] else None,
    }
    return invoice


def _care_home(random: Random, invoice: SampleInvoice, person: Person, days: int) -> None:
    invoice.add("Prix de journée hébergement, chambre individuelle", "67.4500", days)
    invoice.add("Participation dépendance (ticket modérateur)", "5.83", days)
    if random.random() < 0.15:
        away = random.randint(3, 9)
        invoice.add("Absence pour hospitalisation, forfait journalier déduit", "-20.00", away)
    if person.code in LONG_INVOICES:
        for day in range(1, days + 1):
            invoice.add(f"Repas du midi pour un invité, le {day}", "11.80")
    for label, price in random.sample(_EXTRAS, random.randint(0, 3)):
        invoice.add(label, price, random.randint(1, 3))
    if person.code in LONG_INVOICES:
        for label in (
            "Location d'un téléviseur",
            "Réfrigérateur",
            "Coffre-fort",
            "Accès internet",
            "Journal quotidien",
        ):
            invoice.add(label, "12.35")
        for week in range(1, 6):
            invoice.add(f"Atelier aquarelle, séance {week}", "4.50")
    if random.random() < 0.35:
        invoice.add_amount("Aide personnalisée au logement (APL)", -Decimal(random.randint(12_000, 24_500)) / 100)
    if random.random() < 0.2:
        share = (invoice.total * Decimal("0.55")).quantize(CENT, ROUND_HALF_UP)
        invoice.add_amount("Aide sociale à l'hébergement, part du département", -share)


def _workshop(random: Random, invoice: SampleInvoice, _: Person, days: int) -> None:
    worked = min(days, random.randint(17, 22))
    invoice.add("Repas de midi", "4.1500", worked)
    if random.random() < 0.6:
        invoice.add("Transport collectif, aller et retour", "2.60", worked)
    if random.random() < 0.3:
        invoice.add("Repas non pris, remboursés", "-4.1500", random.randint(1, 4))
    if random.random() < 0.2:
        invoice.add("Participation à la sortie de fin d'été", "18.00")


def _living_home(random: Random, invoice: SampleInvoice, _: Person, days: int) -> None:
    invoice.add("Contribution aux frais d'hébergement et d'entretien", "22.8375", days)
    if random.random() < 0.5:
        nights = random.randint(2, 8)
        invoice.add("Absence pour convenance personnelle (week-ends)", "-11.4200", nights)
    if random.random() < 0.5:
        invoice.add_amount("Aide personnalisée au logement (APL)", -Decimal(random.randint(9_000, 19_900)) / 100)
    for label, price in random.sample(_EXTRAS, random.randint(0, 2)):
        invoice.add(label, price)
