"""The Prefect server that ``facteur up`` starts."""

from pydantic import BaseModel, Field, SecretStr


class ServerSettings(BaseModel):
    """``FACTEUR_SERVER__...``: where the UI listens, and the login that is asked for ("user:password")."""

    host: str = "127.0.0.1"
    port: int = Field(default=4200, ge=1, le=65535)
    login: SecretStr = SecretStr("")
    mailbox_port: int = Field(default=8025, ge=1, le=65535)
