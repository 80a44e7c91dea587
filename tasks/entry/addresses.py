"""The check of an e-mail address when it comes in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from tasks.entry.problems import Problem, is_hidden, visible

EXPECTED = "une seule adresse, comme prenom.nom@example.org"
ONE_OF_SEVERAL = (
    "une seule : gardez celle qui doit recevoir les factures ; un tuteur a la sienne dans le fichier tuteurs"
)

LONGEST = 320  # RFC 5321: 64 before the @, 255 after it

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEVERAL = re.compile(r"@[^@]*[;,/|\s][^@]*@")
_NAMED = re.compile(r"[<>]")


@dataclass(frozen=True, slots=True)
class AddressFault:
    """Why a text cannot be used as an address; as a string, a French clause that shows the text."""

    value: str
    problem: str
    expected: str = EXPECTED

    def __str__(self) -> str:
        clause = f"« {visible(self.value)} » {self.problem}" if self.value else self.problem
        return f"{clause} ; attendu : {self.expected}"


def check_address(text: str) -> str | AddressFault:
    """The address in the form that is stored and sent to: ASCII, its domain in lower case and IDNA (RFC 5891).

    The part before the @ stays as it was written. Nothing is repaired beyond spaces around the address: a repaired
    address may be somebody else's. Whether the domain exists is not asked.
    """
    # Before any expression looks at it: the time that one takes may grow with the square of the length.
    if len(text.strip()) > LONGEST:
        return AddressFault(text, f"est trop long ({len(text)} caractères)")
    if _CONTROL.search(text):
        return AddressFault(text, "contient un retour à la ligne ou un caractère de contrôle")
    if any(is_hidden(character) for character in text):
        return AddressFault(text, "contient un caractère invisible ou qui change le sens de lecture")
    address = text.strip()
    if not address:
        return AddressFault("", "l'adresse est vide")
    if _SEVERAL.search(address):
        return AddressFault(address, "contient plusieurs adresses", ONE_OF_SEVERAL)
    if _NAMED.search(address):
        return AddressFault(
            address, "contient un nom ou des chevrons en plus de l'adresse", "l'adresse seule, comme j@example.org"
        )
    local = address.rpartition("@")[0]
    if not local.isascii():
        return AddressFault(
            address,
            "contient avant l'@ une lettre accentuée ou un signe que les serveurs de messagerie n'acceptent pas",
        )
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        return AddressFault(address, "n'est pas une adresse e-mail valable")
    return found.ascii_email or AddressFault(address, "n'est pas une adresse e-mail valable")


def read_address(text: str) -> str | Problem:
    """``check_address`` for a cell of an import."""
    checked = check_address(text)
    return Problem(checked.problem, checked.expected) if isinstance(checked, AddressFault) else checked
