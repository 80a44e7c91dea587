"""The SMTP server of an association or structure, as a Prefect block with a form in the UI."""

from __future__ import annotations

from typing import Literal

from prefect.blocks.core import Block
from pydantic import Field, SecretStr, field_validator, model_validator

from models.values.relay import MICROSOFT, Application, Mechanism, Relay, Security
from settings.loopback import is_loopback
from settings.oauth import is_authority, is_client_id, is_tenant


class SmtpServer(Block):
    """Le serveur SMTP sortant d'une association, nommé « smtp-<code> ».

    Les valeurs proposées sont celles de Microsoft 365 avec OAuth2 (XOAUTH2) : remplissez le compte, le secret, et les
    deux identifiants que montre Microsoft Entra. Microsoft arrête par défaut les mots de passe fin décembre 2026.
    Autre fournisseur : son serveur, PLAIN ou LOGIN, et le mot de passe du compte.
    """

    _block_type_name = "Serveur SMTP (Facteur)"
    _block_type_slug = "smtp-server"
    _description = (
        "Le serveur SMTP sortant d'une association ou d'une structure. À nommer « smtp-<code> » : smtp-les-tilleuls. "
        "Pour les relances d'une structure par un autre serveur : « smtp-<code>-relances »."
    )

    host: str = Field(default="smtp.office365.com", title="Serveur", description="Nom du serveur SMTP")
    port: int = Field(default=587, ge=1, le=65535, title="Port", description="587 (starttls) ou 465 (tls)")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", title="Protection", description="« none » n'est accepté que pour cette machine même"
    )
    mechanism: Literal["XOAUTH2", "LOGIN", "PLAIN", "NONE"] = Field(
        default="XOAUTH2",
        title="Authentification",
        description="Microsoft 365 : XOAUTH2. LOGIN ou PLAIN : mot de passe. NONE : sans compte",
    )
    user: str = Field(default="", title="Compte", description="Adresse du compte qui envoie")
    secret: SecretStr = Field(
        default=SecretStr(""),
        title="Secret",
        description="XOAUTH2 : la valeur du secret client. Sinon : le mot de passe du compte. Il n'est plus montré "
        "ensuite ; changé, il sert dès la connexion suivante",
    )
    tenant: str = Field(
        default="", title="ID de l'annuaire (locataire)", description="XOAUTH2 seulement. Dans Entra : Vue d'ensemble"
    )
    client_id: str = Field(
        default="", title="ID d'application (client)", description="XOAUTH2 seulement. Dans Entra : Vue d'ensemble"
    )
    messages_per_minute: int = Field(
        default=30, ge=0, title="Messages par minute", description="Microsoft 365 : 30. 0 : sans limite"
    )
    daily_quota: int = Field(
        default=10_000, ge=0, title="Messages par jour", description="Microsoft 365 : 10 000. 0 : sans limite"
    )
    connections: int = Field(default=1, ge=1, le=20, title="Connexions", description="Microsoft 365 : 1 à 3")
    ca_file: str = Field(
        default="", title="Fichier d'autorité", description="Certificat de l'autorité (PEM), si elle est privée"
    )
    authority: str = Field(
        default=MICROSOFT, title="Service de jetons", description="XOAUTH2 seulement. À laisser tel quel"
    )

    @field_validator("host", "user", "ca_file", "tenant", "client_id", "authority")
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

    @model_validator(mode="after")
    def _whole_application(self) -> SmtpServer:
        if self.mechanism != "XOAUTH2":
            return self
        if not (self.user and self.secret.get_secret_value()):
            raise ValueError(
                "L'authentification XOAUTH2 demande un compte et un secret : remplissez « Compte » et « Secret », "
                "ou choisissez NONE pour un serveur sans compte."
            )
        if not is_tenant(self.tenant):
            raise ValueError("« ID de l'annuaire (locataire) » : l'identifiant ou le domaine, recopié d'Entra.")
        if not is_client_id(self.client_id):
            raise ValueError("« ID d'application (client) » : l'identifiant de 36 caractères, recopié d'Entra.")
        if not is_authority(self.authority):
            raise ValueError("« Service de jetons » : une adresse « https://… ».")
        return self

    def relay(self, timeout_seconds: float, patience_seconds: float, source: str = "") -> Relay:
        """The values that the transport needs; ``source`` is the name under which the block was found."""
        mechanism = Mechanism(self.mechanism) if self.user else Mechanism.NONE
        return Relay(
            host=self.host,
            port=self.port,
            security=Security(self.security),
            user=self.user,
            secret=self.secret.get_secret_value(),
            mechanism=mechanism,
            application=(
                Application(self.tenant, self.client_id, self.authority) if mechanism is Mechanism.XOAUTH2 else None
            ),
            ca_file=self.ca_file,
            messages_per_minute=self.messages_per_minute,
            daily_quota=self.daily_quota,
            connections=self.connections,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
            source=source,
        )
