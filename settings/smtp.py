"""The SMTP server that the environment names; it comes before every block."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator

from models.values.relay import MICROSOFT, Security
from settings.oauth import is_authority, is_client_id, is_tenant


class SmtpSettings(BaseModel):
    """``FACTEUR_SMTP__...``: in force only when ``host`` is set."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    mechanism: Literal["PLAIN", "LOGIN", "XOAUTH2", "NONE"] = "PLAIN"
    user: str = Field(default="", validate_default=True)
    secret: SecretStr = Field(default=SecretStr(""), validate_default=True)
    tenant: str = Field(default="", validate_default=True)
    client_id: str = Field(default="", validate_default=True)
    authority: str = MICROSOFT
    ca_file: Path | None = None
    messages_per_minute: int = Field(default=0, ge=0)
    daily_quota: int = Field(default=0, ge=0)
    connections: int = Field(default=1, ge=1, le=20)

    @field_validator("user")
    @classmethod
    def _account_of_the_token(cls, user: str, info: ValidationInfo) -> str:
        return _needed(user, bool(user), "l'adresse du compte qui envoie, avec XOAUTH2", info)

    @field_validator("secret")
    @classmethod
    def _secret_of_the_application(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        _needed("", bool(secret.get_secret_value()), "la valeur du secret client, avec XOAUTH2", info)
        return secret

    @field_validator("tenant")
    @classmethod
    def _tenant_of_the_application(cls, tenant: str, info: ValidationInfo) -> str:
        return _needed(tenant, is_tenant(tenant), "l'ID ou le domaine de l'annuaire (locataire), avec XOAUTH2", info)

    @field_validator("client_id")
    @classmethod
    def _id_of_the_application(cls, client_id: str, info: ValidationInfo) -> str:
        return _needed(client_id, is_client_id(client_id), "l'ID d'application (client), avec XOAUTH2", info)

    @field_validator("authority")
    @classmethod
    def _encrypted(cls, authority: str) -> str:
        if not is_authority(authority):
            raise ValueError("une adresse « https://… »")
        return authority

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


def _needed(value: str, is_good: bool, what: str, info: ValidationInfo) -> str:
    if info.data.get("mechanism") == "XOAUTH2" and not is_good:
        raise ValueError(what)
    return value
