"""Which SMTP server carries the mails of a structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
from pydantic import ValidationError
from sqlalchemy import select

from models.database.session import reading
from models.tables.organisation import Association, Structure
from models.values.ending import Refusal
from models.values.relay import Application, Mechanism, Relay, Security
from settings.load import Settings, load_settings
from settings.loopback import is_loopback
from settings.smtp_server import SmtpServer
from settings.wrong import WrongSettingError


@dataclass(frozen=True, slots=True)
class Carrier:
    """The relay of a structure, and in words where it was set."""

    relay: Relay
    origin: str

    @property
    def described(self) -> str:
        """``smtp.example.org:587 (bloc smtp-amis)``."""
        return f"{self.relay.host}:{self.relay.port} ({self.origin})"


@dataclass(frozen=True, slots=True)
class MissingRelay:
    """Why a structure has no relay: what was observed, and what to do about it where there is more to say."""

    observed: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.observed} : {self.remedy}" if self.remedy else self.observed


@dataclass(frozen=True, slots=True)
class Carriers:
    """The relays of structures by code; ``missing`` tells of each structure that has none why."""

    found: Mapping[str, Carrier] = field(default_factory=dict)
    missing: Mapping[str, MissingRelay] = field(default_factory=dict)

    @property
    def refusal(self) -> Refusal | None:
        """Why the structures cannot all be served; None when they can."""
        first = next(iter(self.missing.values()), None)
        return Refusal(f"{first.sentence} Rien n'a été envoyé.") if first else None

    @property
    def relays(self) -> dict[str, Relay]:
        """The relay of each structure that has one."""
        return {code: carrier.relay for code, carrier in self.found.items()}

    @property
    def described(self) -> list[str]:
        """Each relay once, as a clerk reads it."""
        return sorted({carrier.described for carrier in self.found.values()})


def find_relays(structures: tuple[str, ...], suffix: str = "") -> Carriers:
    """The relay of each structure (of all when none is named).

    ``FACTEUR_SMTP__HOST`` comes first; then the structure's block for one kind of mailing, whose name ends with
    ``suffix``; then the structure's own block; then the association's.
    """
    settings = load_settings()
    with reading(settings.database) as session:
        rows = (
            session.execute(select(Structure.code, Structure.name, Association.code).join(Association)).tuples().all()
        )
    wanted = [row for row in rows if not structures or row[0] in structures]

    @cache
    def from_block(name: str) -> Carrier | MissingRelay | None:
        return _from_block(name, settings)

    carriers: dict[str, Carrier] = {}
    missing: dict[str, MissingRelay] = {}
    for code, name, association in wanted:
        if settings.smtp.host:
            found: Carrier | MissingRelay | None = _from_environment(settings)
        else:
            names = [block_name(code), block_name(association)]
            if suffix:
                names.insert(0, block_name(code) + suffix)
            found = next((carrier for carrier in map(from_block, names) if carrier), None)
        match found:
            case Carrier():
                carriers[code] = found
            case MissingRelay():
                missing[code] = found
            case None:
                missing[code] = MissingRelay(
                    f"Aucun serveur SMTP n'est réglé pour la structure {code} ({name})",
                    f"créez dans « Blocks » un « Serveur SMTP (Facteur) » nommé {block_name(association)}.",
                )
    return Carriers(carriers, missing)


def current(relay: Relay) -> Relay:
    """``relay`` as it is set at this moment: a secret changed since the run began serves for the next connection.

    Where the settings cannot be read now, or speak of another account, the relay stays as the run began with it: its
    limits are counted for that account.
    """
    try:
        settings = load_settings()
        found = _from_block(relay.source, settings) if relay.source else _from_environment(settings)
    except (WrongSettingError, OSError, httpx.HTTPError):
        return relay
    if isinstance(found, Carrier) and found.relay.account == relay.account:
        return found.relay
    return relay


def block_name(code: str) -> str:
    """The name of an SMTP block: ``smtp-<code of the association or structure>``, in the letters Prefect allows."""
    return "smtp-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in code.lower()).strip("-")


def _from_environment(settings: Settings) -> Carrier | MissingRelay:
    smtp = settings.smtp
    if smtp.security is Security.NONE and not is_loopback(smtp.host):
        return MissingRelay(
            f"Le réglage FACTEUR_SMTP__SECURITY=none enverrait les factures en clair vers {smtp.host}",
            "mettez « starttls » ou « tls ».",
        )
    mechanism = Mechanism(smtp.mechanism) if smtp.user else Mechanism.NONE
    relay = Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        user=smtp.user,
        secret=smtp.secret.get_secret_value(),
        mechanism=mechanism,
        application=(
            Application(smtp.tenant, smtp.client_id, smtp.authority) if mechanism is Mechanism.XOAUTH2 else None
        ),
        ca_file=str(smtp.ca_file or ""),
        messages_per_minute=smtp.messages_per_minute,
        daily_quota=smtp.daily_quota,
        connections=smtp.connections,
        timeout_seconds=settings.sending.timeout_seconds,
        patience_seconds=settings.sending.patience_seconds,
    )
    return Carrier(relay, "réglage FACTEUR_SMTP__HOST")


def _from_block(name: str, settings: Settings) -> Carrier | MissingRelay | None:
    try:
        block = SmtpServer.load(name)
    except ValueError as error:
        if "Unable to find block document" in str(error):
            return None
        return MissingRelay(f"Le serveur SMTP « {name} » n'a pas pu être lu dans « Blocks ».")
    except RuntimeError as error:  # Prefect's word for a block that does not validate
        return MissingRelay(f"Le serveur SMTP « {name} » a un réglage qui n'est pas valable. {_reason(error)}")
    assert isinstance(block, SmtpServer)
    if block.ca_file and not Path(block.ca_file).is_file():
        return MissingRelay(
            f"Le fichier d'autorité {block.ca_file} du serveur SMTP « {name} » n'existe pas sur cette machine."
        )
    relay = block.relay(settings.sending.timeout_seconds, settings.sending.patience_seconds, source=name)
    return Carrier(relay, f"bloc {name}")


def _reason(error: RuntimeError) -> str:
    """The block's own sentence where it has one; never the value, which may be a secret."""
    sentence = "Corrigez-le dans « Blocks »."
    if isinstance(error.__cause__, ValidationError):
        for fault in error.__cause__.errors(include_url=False, include_input=False):
            own = fault.get("ctx", {}).get("error")
            if isinstance(own, ValueError):
                return f"{own} {sentence}"
    return sentence
