"""The SMTP server that the environment names; it comes before every block."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from models.values.relay import Security


class SmtpSettings(BaseModel):
    """``FACTEUR_SMTP__...``: in force only when ``host`` is set."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    user: str = ""
    secret: SecretStr = SecretStr("")
    mechanism: Literal["PLAIN", "LOGIN", "NONE"] = "PLAIN"
    ca_file: Path | None = None
    messages_per_minute: int = Field(default=0, ge=0)
    daily_quota: int = Field(default=0, ge=0)
    connections: int = Field(default=1, ge=1, le=20)

    @field_validator("ca_file", mode="before")
    @classmethod
    def _none_when_empty(cls, value: object) -> object:
        return value or None

    @field_validator("ca_file")
    @classmethod
    def _there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("un fichier qui existe sur cette machine")
        return path
