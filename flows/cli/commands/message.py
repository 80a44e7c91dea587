"""``facteur message ID --out FILE``: the exact bytes of a sending, as they were handed to the server."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from flows.cli.machine.refusal import CannotGoOnError
from models.database.schema import is_current
from models.database.session import reading
from models.tables.delivery import Delivery
from settings.load import Settings, load_settings
from tasks.composing import archive

STANDARD_OUTPUT = "-"
UNKNOWN = "Aucun envoi n'a le numéro {id}. Le numéro est dans « historique », à la page du résident."
NOT_COMPOSED = "L'envoi {id} n'a pas encore de message : il n'est pas composé."
PURGED = (
    "Le message de l'envoi {id} n'est plus dans l'archive : les octets ont été supprimés selon la durée de "
    "conservation."
)
MISSING = (
    "Le message de l'envoi {id} n'est plus dans l'archive {folder} : les octets ont été supprimés selon la durée de "
    "conservation, ou le dossier n'est pas le bon (FACTEUR_VAR)."
)
ALTERED = "Le message de l'envoi {id} a été modifié dans l'archive : ce n'est plus ce qui est parti. Rien n'est écrit."
UNREADABLE = "Le message de l'envoi {id} ne peut pas être lu dans l'archive ({why})."
EXISTS = "Le fichier {path} existe déjà : donnez un autre nom."
UNWRITABLE = "Le fichier {path} ne peut pas être écrit ({why})."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("id", metavar="ENVOI", type=int, help="le numéro de l'envoi, par exemple 12")
    parser.add_argument("--out", required=True, metavar="FICHIER", help="le fichier à écrire (.eml) ; - : la sortie")


def run(arguments: argparse.Namespace) -> int:
    """Write the message; CannotGoOnError when it is not there, or the file is."""
    settings = load_settings()
    if not is_current(settings.database):
        raise CannotGoOnError("La base de données n'est pas à jour : lancez « facteur migrate ».")
    message = read_message(settings, arguments.id)
    if arguments.out == STANDARD_OUTPUT:
        sys.stdout.buffer.write(message)
        sys.stdout.flush()
        return 0
    path = Path(arguments.out)
    _write(path, message)
    print(f"Le message de l'envoi {arguments.id} est dans {path} ({len(message)} octets).")
    return 0


def read_message(settings: Settings, delivery_id: int) -> bytes:
    """The archived bytes of a delivery; CannotGoOnError when they are not there any more, or not yet."""
    with reading(settings.database) as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None:
            raise CannotGoOnError(UNKNOWN.format(id=delivery_id))
        key, composed = delivery.archive_key, bool(delivery.message_id)
    if not key:
        raise CannotGoOnError((PURGED if composed else NOT_COMPOSED).format(id=delivery_id))
    try:
        return archive.get(settings.archive, key)
    except FileNotFoundError:
        raise CannotGoOnError(MISSING.format(id=delivery_id, folder=settings.archive)) from None
    except OSError as error:
        raise CannotGoOnError(UNREADABLE.format(id=delivery_id, why=error.strerror)) from None
    except ValueError:
        raise CannotGoOnError(ALTERED.format(id=delivery_id)) from None


def _write(path: Path, message: bytes) -> None:
    """The message holds a personal paper: only its owner can read the file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CannotGoOnError(EXISTS.format(path=path)) from None
    except OSError as error:
        raise CannotGoOnError(UNWRITABLE.format(path=path, why=error.strerror)) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(message)
