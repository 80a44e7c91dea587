"""Names and postal addresses as they are printed."""

from dataclasses import dataclass


def full_name(last_name: str, first_name: str | None = None) -> str:
    """Write a person's name as every paper of Facteur does: ``MAILLY Josiane``."""
    return f"{last_name.upper()} {first_name or ''}".strip()


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
