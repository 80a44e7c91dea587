"""What the relay offers beyond taking mail: how large a message may be, and notices of failed delivery."""

from __future__ import annotations

from models.values.relay import Security
from tasks.checking.pdfs import Weights
from tasks.checking.relay import Account
from tasks.checking.result import Finding, Light
from tasks.checking.words import KB, size
from tasks.mail.transport import SmtpSession

# Below this not even an invoice that Facteur draws goes through.
SMALLEST_USEFUL_BYTES = 500 * KB


def check_extensions(account: Account, connection: SmtpSession, weights: Weights) -> list[Finding]:
    """The lines of SIZE (RFC 1870) and DSN (RFC 3461)."""
    return [_size(account, connection.size_limit, weights), _dsn(account, connection.offers_dsn)]


def _size(account: Account, limit: int, weights: Weights) -> Finding:
    if not limit:
        return Finding("relay-size", Light.GREEN, "le serveur n'annonce aucune limite", about=account.about)
    if limit < SMALLEST_USEFUL_BYTES:
        return Finding(
            "relay-size",
            Light.RED,
            f"Le serveur n'accepte que {size(limit)} par message : une facture n'y tient pas.",
            "Faire augmenter la taille permise par l'administrateur de la messagerie.",
            account.about,
        )
    codes = {facility.code for facility in account.facilities}
    heavy = [weight for weight in weights.each if weight.structure in codes and weight.message_bytes > limit]
    if heavy:
        worst = max(heavy, key=lambda weight: weight.message_bytes)
        return Finding(
            "relay-size",
            Light.ORANGE,
            f"Messages trop gros pour le serveur ({size(limit)}) : {len(heavy)}, dont la facture {worst.number} "
            f"({size(worst.message_bytes)}).",
            "Alléger ces PDF et les importer de nouveau, ou imprimer ces factures.",
            account.about,
        )
    return Finding("relay-size", Light.GREEN, f"jusqu'à {size(limit)} par message", about=account.about)


def _dsn(account: Account, offered: bool) -> Finding:
    if offered:
        return Finding("relay-dsn", Light.GREEN, "proposés, donc demandés", about=account.about)
    if account.relay.security is Security.NONE:
        return Finding("relay-dsn", Light.GREEN, "non proposés par ce serveur d'essai", about=account.about)
    return Finding(
        "relay-dsn",
        Light.ORANGE,
        "Le serveur ne les propose pas.",
        "Rien d'obligatoire : lire les retours dans la boîte de l'expéditeur.",
        account.about,
    )
