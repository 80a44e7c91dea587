"""All settings of Facteur, read from ``FACTEUR_...`` variables and from ``.env``."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from settings.notices import NoticeSettings
from settings.retention import RetentionSettings
from settings.sending import SendingSettings
from settings.server import ServerSettings
from settings.smtp import SmtpSettings
from settings.wrong import WrongSettingError


class Settings(BaseSettings):
    """The settings, one group per field; ``var`` is the folder that everything a run writes lies under.

    ``imports`` is the folder that imports from the screen must lie in; None where any folder may be named.
    """

    model_config = SettingsConfigDict(env_prefix="FACTEUR_", env_nested_delimiter="__", env_file=".env", extra="ignore")

    var: Path = Path("var")
    database_url: str = ""
    imports: Path | None = None
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)
    sending: SendingSettings = Field(default_factory=SendingSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    notices: NoticeSettings = Field(default_factory=NoticeSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)

    @field_validator("imports", mode="before")
    @classmethod
    def _none_when_empty(cls, folder: object) -> object:
        return folder or None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url:
            try:
                backend = make_url(url).get_backend_name()
            except (ArgumentError, ValueError) as error:
                raise ValueError("une adresse « sqlite:///… » ou « postgresql://… »") from error
            if backend not in {"sqlite", "postgresql"}:
                raise ValueError("une adresse « sqlite:///… » ou « postgresql://… »")
        return url

    @cached_property
    def database(self) -> str:
        """The database's URL: the one that was set, or ``facteur.db`` under ``var``."""
        return self.database_url or f"sqlite:///{self.var.resolve() / 'facteur.db'}"

    @cached_property
    def archive(self) -> Path:
        return self.var.resolve() / "archive"

    @property
    def mailbox(self) -> Path:
        return self.var.resolve() / "mailbox"

    @property
    def sample(self) -> Path:
        return self.var.resolve() / "exemple"

    @property
    def logs(self) -> Path:
        return self.var.resolve() / "logs"

    @property
    def prints(self) -> Path:
        return self.var.resolve() / "impressions"

    @property
    def prefect_home(self) -> Path:
        return self.var.resolve() / "prefect"


def load_settings() -> Settings:
    """Read the settings; WrongSettingError names the first variable with a wrong value and what is allowed."""
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        name = "FACTEUR_" + "__".join(str(part) for part in fault["loc"]).upper()
        raise WrongSettingError(f"Le réglage {name} n'est pas valable : {_allowed(fault['type'], fault)}.") from None


def _allowed(kind: str, fault: object) -> str:
    context = dict(fault).get("ctx", {}) if isinstance(fault, dict) else {}
    match kind:
        case "int_parsing" | "int_type" | "int_from_float":
            return "un nombre entier est attendu"
        case "float_parsing":
            return "un nombre est attendu"
        case "enum" | "literal_error":
            return f"valeurs permises : {str(context.get('expected', '')).replace(' or ', ' ou ')}"
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            sign = {"greater_than_equal": "≥", "greater_than": ">", "less_than_equal": "≤", "less_than": "<"}[kind]
            bound = str(next(iter(context.values()), "")).removesuffix(".0")
            return f"la valeur doit être {sign} {bound}"
        case "value_error":
            return f"il faut {context.get('error')}"
        case _:
            return "cette valeur ne convient pas"
