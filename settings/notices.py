"""Who is told when a run needs somebody."""

from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, Field, field_validator

EXPECTED = "une adresse e-mail (pour OPERATOR : une ou plusieurs, séparées par des virgules)"


class NoticeSettings(BaseModel):
    """``FACTEUR_NOTICES__...``: the operator's addresses, and after how long a run that waits is worth a mail."""

    operator: str = ""
    sender: str = ""
    review_hours: int = Field(default=24, ge=1)
    late_minutes: int = Field(default=15, ge=1)
    report_to_structures: bool = False

    @field_validator("operator", "sender")
    @classmethod
    def _addresses(cls, value: str) -> str:
        return ", ".join(_address(part) for part in value.split(",") if part.strip())

    @field_validator("sender")
    @classmethod
    def _one_sender(cls, value: str) -> str:
        if "," in value:
            raise ValueError(EXPECTED)
        return value

    @property
    def operators(self) -> tuple[str, ...]:
        """The addresses of ``operator``, each once."""
        return tuple(dict.fromkeys(part for part in self.operator.split(", ") if part))


def _address(text: str) -> str:
    """In the form that goes on the wire; whether the domain exists is not asked."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(EXPECTED) from error
    return found.ascii_email or found.normalized
