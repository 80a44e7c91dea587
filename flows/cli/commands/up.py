"""``facteur up``: Facteur runs until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from typing import NoReturn

import httpx

from flows.cli.machine.login import FILE, ensure_login
from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.stack import end_of_part, everything_up
from flows.cli.machine.surroundings import local_address
from settings.load import Settings, load_settings
from settings.loopback import is_loopback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: ports, folders and the login are settings."""


def run(_arguments: argparse.Namespace) -> NoReturn:
    """Start everything, say where it is, and wait for a signal; CannotGoOnError when a part ended by itself."""
    settings = load_settings()
    with everything_up(settings) as processes:
        _watch_the_runs(settings)
        _say_where(settings)
        while (name := processes.ended()) is None:
            processes.turn_logs()
            time.sleep(0.5)
        raise CannotGoOnError(end_of_part(processes, name))


def _watch_the_runs(settings: Settings) -> None:
    from flows.cli.commands.automations import set_up  # Prefect reads its settings when it is imported

    try:
        set_up(settings)
    except (CannotGoOnError, httpx.HTTPError) as error:  # no notices are no reason not to send
        print(f"Les automatisations ne sont pas en place, et personne n'est prévenu d'un échec. {error}", flush=True)


def _say_where(settings: Settings) -> None:
    server = settings.server
    print("\nFacteur est prêt ; Ctrl-C l'arrête.\n")
    print(f"  Écran          {local_address(settings)}")
    if not is_loopback(server.host):
        print(f"                 d'une autre machine : http://{socket.getfqdn()}:{server.port}")
    print(f"  Mot de passe   {_what_to_type(settings)}")
    print(f"  Boîte d'essai  127.0.0.1, port {server.mailbox_port} ; les messages sont dans {settings.mailbox}")
    print(f"  Données        {settings.var.resolve()}")
    print(f"  Journaux       {settings.logs}\n", flush=True)
    for warning in _warnings(settings):
        print(f"Attention : {warning}\n", flush=True)


def _what_to_type(settings: Settings) -> str:
    """The login as Prefect's UI wants it, in one field. A password of one's own is not shown, nor any in a journal."""
    server, kept = settings.server, settings.prefect_home / FILE
    if own := server.login.get_secret_value():
        return f"celui de FACTEUR_SERVER__LOGIN, à saisir en entier ({own.partition(':')[0]}:mot-de-passe)"
    if _goes_to_the_journal():
        return f"à saisir en entier (nom:mot-de-passe), voir {kept}"
    return f"{ensure_login(server, settings.prefect_home)}   (à saisir en entier ; gardé dans {kept})"


def _goes_to_the_journal() -> bool:
    """Whether systemd keeps what is printed (systemd.exec(5), JOURNAL_STREAM): there others may read it."""
    try:
        found = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _warnings(settings: Settings) -> list[str]:
    found = []
    if settings.server.login_problem:
        found.append(
            f"{settings.server.login_problem} (FACTEUR_SERVER__LOGIN). Une prochaine version le refusera : changez-le."
        )
    if os.geteuid() == 0:
        found.append(
            "Facteur tourne avec le compte root. Qui a le mot de passe de l'écran peut exécuter n'importe quel "
            "programme, ici avec tous les droits : donnez à Facteur un compte à lui (docs/exploitation.md)."
        )
    return found
