"""The sample association: its three structures."""

from __future__ import annotations

from flows.sample.registry import finess, french_iban, siret
from flows.sample.writing import Record

ASSOCIATION = "Les Rives de l'Érablière"
COLUMNS = (
    "code",
    "nom",
    "association",
    "adresse",
    "code_postal",
    "ville",
    "siret",
    "finess",
    "iban",
    "bic",
    "mention_tva",
    "expediteur_nom",
    "expediteur_email",
    "repondre_a",
    "objet_mail",
    "texte_mail",
)

CARE_HOME, WORKSHOP, LIVING_HOME = "TILLEULS", "ATELIERS", "HORIZON"
RESIDENTS_PER_STRUCTURE = {CARE_HOME: 60, WORKSHOP: 28, LIVING_HOME: 32}

# The text that the users have today: it must come out unchanged but for its keywords.
_SUBJECT = "Votre facture de &periode"
_BODY = """Madame, Monsieur,

Vous trouverez ci-joint la facture de &personne pour la période de &periode.

Pour toute question, répondez simplement à ce message.

Le service facturation de l'EHPAD Les Tilleuls"""


def structures() -> list[Record]:
    """The rows of ``structures.csv``; only the first has its own texts."""
    return [
        _structure(1, CARE_HOME, "EHPAD Les Tilleuls", "12 allée des Tilleuls\nBâtiment A", "tilleuls")
        | {"objet_mail": _SUBJECT, "texte_mail": _BODY},
        _structure(2, WORKSHOP, "ESAT Les Ateliers du Lac", "3 rue de l'Écluse", "ateliers")
        | {"mention_tva": "TVA acquittée sur les débits pour les prestations commerciales."},
        _structure(3, LIVING_HOME, "Foyer de vie L'Horizon", "27 bis chemin de la Grée", "horizon"),
    ]


def _structure(number: int, code: str, name: str, street: str, mailbox: str) -> dict[str, str]:
    return {
        "code": code,
        "nom": name,
        "association": ASSOCIATION,
        "adresse": street,
        "code_postal": "44999",
        "ville": "Saint-Exemple-sur-Erdre",
        "siret": siret(number),
        "finess": finess(number),
        "iban": french_iban(number),
        "bic": "EXEMFRPPXXX",
        "mention_tva": "Exonéré de TVA, article 261-7-1° du CGI.",
        "expediteur_nom": f"{name}, facturation",
        "expediteur_email": f"factures.{mailbox}@example.org",
        "repondre_a": f"accueil.{mailbox}@example.org",
    }
