"""Names and postal addresses as they are printed."""

import unicodedata
from dataclasses import dataclass


def full_name(last_name: str, first_name: str | None = None) -> str:
    """Write a person's name as every paper of Facteur does: ``MAILLY Josiane``."""
    return f"{last_name.upper()} {first_name or ''}".strip()


def alphabetical(text: str) -> str:
    """A key that sorts names as a French index does: accents and case do not matter."""
    return without_accents(text.casefold())


def without_accents(text: str) -> str:
    """The text with each accented letter as its plain one."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A French postal address; every part may be empty, and ``street`` may hold several lines."""

    street: str = ""
    postcode: str = ""
    city: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to print, without empty ones."""
        parts = [*self.street.splitlines(), f"{self.postcode} {self.city}"]
        return tuple(part.strip() for part in parts if part.strip())
