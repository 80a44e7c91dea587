"""The SMTP server of an association or structure, as a Prefect block with a form in the UI."""

from __future__ import annotations

from typing import Literal

from prefect.blocks.core import Block
from pydantic import Field, SecretStr, field_validator, model_validator

from models.values.relay import Mechanism, Relay, Security
from settings.loopback import is_loopback


class SmtpServer(Block):
    """Le serveur SMTP sortant d'une association, nommé « smtp-<code> ».

    Pour Microsoft 365 : smtp.office365.com, port 587, starttls, LOGIN, 30 messages par minute, 10 000 par jour,
    1 à 3 connexions. Ce sont les valeurs proposées. Microsoft arrête par défaut les mots de passe fin décembre 2026 ;
    OAuth2 n'est pas encore proposé ici.
    """

    _block_type_name = "Serveur SMTP (Facteur)"
    _block_type_slug = "smtp-server"
    _description = (
        "Le serveur SMTP sortant d'une association ou d'une structure. À nommer « smtp-<code> » : smtp-les-tilleuls."
    )

    host: str = Field(default="smtp.office365.com", title="Serveur", description="Nom du serveur SMTP")
    port: int = Field(default=587, ge=1, le=65535, title="Port", description="587 (starttls) ou 465 (tls)")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", title="Protection", description="« none » n'est accepté que pour cette machine même"
    )
    user: str = Field(default="", title="Compte", description="Adresse du compte qui envoie")
    secret: SecretStr = Field(
        default=SecretStr(""), title="Secret", description="Mot de passe du compte ; il n'est plus montré ensuite"
    )
    mechanism: Literal["PLAIN", "LOGIN", "NONE"] = Field(
        default="LOGIN", title="Authentification", description="Microsoft 365 : LOGIN"
    )
    ca_file: str = Field(
        default="", title="Fichier d'autorité", description="Certificat de l'autorité, si elle est privée"
    )
    messages_per_minute: int = Field(default=30, ge=0, title="Messages par minute", description="0 : sans limite")
    daily_quota: int = Field(default=10_000, ge=0, title="Messages par jour", description="0 : sans limite")
    connections: int = Field(default=1, ge=1, le=20, title="Connexions", description="Microsoft 365 : 1 à 3")

    @field_validator("host", "user", "ca_file")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(ord(character) < 32 for character in value):
            raise ValueError("Ce champ ne doit contenir ni retour à la ligne ni caractère de contrôle.")
        return value.strip()

    @model_validator(mode="after")
    def _never_in_clear(self) -> SmtpServer:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                f"La protection « none » enverrait les factures en clair vers {self.host} : "
                "choisissez « starttls » ou « tls »."
            )
        return self

    def relay(self, timeout_seconds: float, patience_seconds: float) -> Relay:
        """The values that the transport needs."""
        return Relay(
            host=self.host,
            port=self.port,
            security=Security(self.security),
            user=self.user,
            secret=self.secret.get_secret_value(),
            mechanism=Mechanism(self.mechanism) if self.user else Mechanism.NONE,
            ca_file=self.ca_file,
            messages_per_minute=self.messages_per_minute,
            daily_quota=self.daily_quota,
            connections=self.connections,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
        )
