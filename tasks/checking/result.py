"""What a check found: one line of the table, and the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """How bad it is. Red stops a campaign before it begins; orange is worth a look; unchecked waits for a red one."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"
    UNCHECKED = "unchecked"


# In the order of the table. The keys are stable: programs read them.
SUBJECT = {
    "settings": "Réglages",
    "database": "Base de données",
    "server": "Serveur Prefect",
    "login": "Mot de passe de l'écran",
    "structures": "Structures",
    "import": "Dernier import",
    "relay": "Serveur SMTP",
    "relay-name": "Nom du serveur SMTP",
    "relay-answer": "Réponse du serveur SMTP",
    "relay-tls": "Chiffrement et certificat",
    "relay-login": "Connexion du compte",
    "relay-size": "Taille des messages",
    "relay-dsn": "Avis de non-remise",
    "pace": "Rythme et quota",
    "sender": "Expéditeur",
    "wording": "Textes des mails",
    "addresses": "Adresses nouvelles",
    "archive": "Archive des messages",
    "pdfs": "PDF importés",
    "prints": "Dossier des impressions",
    "disk": "Place sur le disque",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``key`` is one of SUBJECT; ``about`` tells which relay or structure, where there are several.

    ``observed`` and ``remedy`` are French; ``detail`` is what a machine said, in its own words.
    """

    key: str
    light: Light
    observed: str
    remedy: str = ""
    about: str = ""
    detail: str = ""

    @property
    def subject(self) -> str:
        """What was checked."""
        return SUBJECT[self.key] + (f" · {self.about}" if self.about else "")


def unchecked(keys: Iterable[str], because: str, about: str = "") -> list[Finding]:
    """The lines that could not be checked, and why."""
    return [Finding(key, Light.UNCHECKED, because, about=about) for key in keys]


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address that has never had an accepted mail; ``former`` is the one that the same person had before."""

    structure: str
    name: str
    number: str
    address: str
    former: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every line, in the order of SUBJECT, and the addresses to look at."""

    findings: tuple[Finding, ...]
    new_addresses: tuple[NewAddress, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding], new_addresses: Iterable[NewAddress] = ()) -> Report:
        """A report with its lines in order."""
        order = list(SUBJECT)
        return cls(tuple(sorted(findings, key=lambda f: order.index(f.key))), tuple(new_addresses))

    def of_light(self, light: Light) -> list[Finding]:
        return [finding for finding in self.findings if finding.light is light]

    @property
    def failed(self) -> bool:
        """Whether a line is red."""
        return bool(self.of_light(Light.RED))
