"""The Prefect server and the mailbox that ``facteur up`` starts."""

from pydantic import BaseModel, Field, SecretStr, field_validator


class ServerSettings(BaseModel):
    """``FACTEUR_SERVER__...``: where the UI and the mailbox listen, and the login that is asked for."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=4200, ge=1, le=65535)
    login: SecretStr = SecretStr("")
    mailbox_port: int = Field(default=8025, ge=1, le=65535)

    @field_validator("login")
    @classmethod
    def _user_and_password(cls, login: SecretStr) -> SecretStr:
        user, colon, password = login.get_secret_value().partition(":")
        if (user or colon or password) and not (user and password):
            raise ValueError("un nom et un mot de passe, écrits nom:mot-de-passe")
        return login
