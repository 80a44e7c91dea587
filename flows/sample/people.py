"""The sample residents and guardians, in every combination of addresses and policies that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from faker import Faker

from flows.sample.structures import CARE_HOME, RESIDENTS_PER_STRUCTURE
from flows.sample.writing import Record
from models.values.people import without_accents

GUARDIANS = 40
PROFESSIONAL_GUARDIANS = 8
# The last of each kind have no address.
FAMILY_WITHOUT_ADDRESS = frozenset({38, 39, 40})

GUARDIAN_COLUMNS = ("code", "nom", "prenom", "organisme", "type", "email", "adresse", "code_postal", "ville")
RESIDENT_COLUMNS = (
    "structure",
    "code",
    "civilite",
    "nom",
    "prenom",
    "email",
    "code_tuteur",
    "destinataires",
    "date_sortie",
    "adresse",
    "code_postal",
    "ville",
)

# Names that software gets wrong: particles, hyphens, apostrophes, accents; and two persons of one name.
_NAMED = {
    1: ("Mme", "MAILLY", "Josiane"),
    2: ("M.", "BÉRANGER", "Éric"),
    3: ("Mme", "de La Tour", "Anne-Sophie"),
    4: ("M.", "L'HÉRITIER-GAUTIER", "Jean-François"),
    5: ("Mme", "D'ARGENT", "Zoé"),
    6: ("M.", "Le Goff", "Yann"),
    7: ("M.", "Le Goff", "Yann"),
    8: ("Mme", "ÇELIK", "Gülsen"),
    9: ("Mme", "LŒUILLET", "Maëlle"),
}
_KINDS = ("famille", "tuteur", "curateur")
_ORGANISATIONS = (
    "UDAF de l'Exemple",
    "Association tutélaire du Marais",
    "Cabinet Le Bihan, mandataire judiciaire",
    "ATI de l'Estuaire",
)


@dataclass(slots=True)
class Person:
    """A sample resident with what the invoices need to know of it."""

    structure: str
    code: str
    record: dict[str, str | date | None] = field(default_factory=dict)

    @property
    def left_on(self) -> date | None:
        left = self.record["date_sortie"]
        return left if isinstance(left, date) else None


def mailbox(first_name: str, last_name: str, domain: str) -> str:
    """``josiane.mailly@example.org``: of a name, what an address may hold."""
    plain = without_accents(f"{first_name}.{last_name}".lower().replace("œ", "oe"))
    letters = "".join(c if c.isascii() and (c.isalnum() or c == ".") else "-" for c in plain)
    return f"{letters.strip('-.')}@{domain}"


def guardians(fake: Faker) -> list[Record]:
    """The rows of ``tuteurs.csv``: eight professionals who serve many, and relatives who serve one."""
    return [_guardian(fake, number) for number in range(1, GUARDIANS + 1)]


def _guardian(fake: Faker, number: int) -> Record:
    last_name, first_name = fake.last_name().upper(), fake.first_name()
    professional = number <= PROFESSIONAL_GUARDIANS
    organisation = _ORGANISATIONS[number % len(_ORGANISATIONS)] if professional else ""
    domain = "tutelles.test" if professional else "example.net"
    without = number in FAMILY_WITHOUT_ADDRESS
    return {
        "code": guardian_code(number),
        "nom": last_name,
        "prenom": first_name,
        "organisme": organisation,
        "type": "MJPM" if professional else _KINDS[number % len(_KINDS)],
        "email": "" if without else mailbox(first_name, f"{last_name}{number}", domain),
        "adresse": fake.street_address(),
        "code_postal": fake.postcode(),
        "ville": fake.city(),
    }


def guardian_code(number: int) -> str:
    return f"T{number:04d}"


def residents(fake: Faker, guardian_rows: list[Record]) -> list[Person]:
    """The rows of ``residents.csv``. The tenth part of them follows each of ten patterns of addresses."""
    addresses = {str(row["code"]): str(row["email"]) for row in guardian_rows}
    relatives = iter(range(PROFESSIONAL_GUARDIANS + 1, GUARDIANS + 1))
    persons: list[Person] = []
    for structure, count in RESIDENTS_PER_STRUCTURE.items():
        for _ in range(count):
            persons.append(_resident(fake, structure, len(persons) + 1, addresses, relatives))
    return persons


def _resident(fake: Faker, structure: str, number: int, addresses: dict[str, str], relatives: Iterator[int]) -> Person:
    title, last_name, first_name = _NAMED.get(number) or _name(fake)
    suffix = "" if number in {1, 2} else str(number)
    own = mailbox(first_name, f"{last_name}{suffix}", "example.com" if number % 3 else "example.org")
    if number == 1:
        own = "josiane.mailly@example.org"
    email, guardian, policy = _pattern(number, own, addresses, relatives)
    at_home = structure != CARE_HOME and number % 4 == 0
    return Person(
        structure,
        f"R{number:04d}",
        {
            "structure": structure,
            "code": f"R{number:04d}",
            "civilite": title,
            "nom": last_name,
            "prenom": first_name,
            "email": email,
            "code_tuteur": guardian,
            "destinataires": policy,
            "date_sortie": _left_on(number),
            "adresse": fake.street_address() if at_home else "",
            "code_postal": fake.postcode() if at_home else "",
            "ville": fake.city() if at_home else "",
        },
    )


def _name(fake: Faker) -> tuple[str, str, str]:
    woman = fake.random.random() < 0.6
    first_name = fake.first_name_female() if woman else fake.first_name_male()
    return ("Mme" if woman else "M.", fake.last_name().upper(), first_name)


def _left_on(number: int) -> date | None:
    return {17: date(2024, 8, 20), 58: date(2024, 9, 12), 77: date(2024, 8, 31), 111: date(2024, 7, 15)}.get(number)


def _pattern(number: int, own: str, addresses: dict[str, str], relatives: Iterator[int]) -> tuple[str, str, str]:
    """Own address, guardian's code and policy. Of 120 residents, 12 follow each pattern."""
    professional = guardian_code(number % PROFESSIONAL_GUARDIANS + 1)
    if number in {1, 2}:
        return (own, "T0007", "tous") if number == 1 else ("", "T0007", "tuteur")
    match number % 10:
        case 0:
            return own, "", ""
        case 1:
            return own, professional, "tous"
        case 2:
            return "", professional, ""
        case 3:
            return "", "", "tous"
        case 4:
            return own, professional, "tuteur"
        case 5:
            return own, professional, "résident"
        case 6:  # the same mailbox twice: a relative who reads for both
            guardian = _next(relatives, addresses, number)
            return addresses[guardian], guardian, "tous"
        case 7:
            return own, _next(relatives, addresses, number), "papier"
        case 8:
            return "", _next(relatives, addresses, number), "tous"
        case _:
            return own, professional, ""


def _next(relatives: Iterator[int], addresses: dict[str, str], number: int) -> str:
    relative = next(relatives, None)
    return guardian_code(relative) if relative else guardian_code(number % PROFESSIONAL_GUARDIANS + 1)
