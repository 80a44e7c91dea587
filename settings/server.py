"""The Prefect server and the mailbox that ``facteur up`` starts."""

from pydantic import BaseModel, Field, SecretStr, field_validator

SHORTEST_PASSWORD = 12  # characters


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

    @property
    def login_problem(self) -> str:
        """What is wrong with the login that was set, as a French clause; empty when nothing is.

        A setting that worked in 0.1 still starts Facteur in the version after it, with a warning.
        """
        password = self.login.get_secret_value().partition(":")[2]
        if password and len(password) < SHORTEST_PASSWORD:
            return f"le mot de passe a moins de {SHORTEST_PASSWORD} caractères"
        if not self.login.get_secret_value().isascii():  # the login page of Prefect's UI can send no other
            return "le mot de passe ou son nom contient une lettre accentuée, que l'écran ne peut pas envoyer"
        return ""
