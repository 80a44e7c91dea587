"""``facteur up``: Facteur runs until Ctrl-C."""

from __future__ import annotations

import argparse
import socket
import time
from typing import NoReturn

import httpx

from flows.cli.machine.login import FILE, find_login
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
    if find_login(server, settings.prefect_home):  # never shown: what a terminal shows ends in a journal
        where = "FACTEUR_SERVER__LOGIN" if server.login.get_secret_value() else settings.prefect_home / FILE
        print(f"  Mot de passe   à saisir en entier (nom:mot-de-passe), voir {where}")
    print(f"  Boîte d'essai  127.0.0.1, port {server.mailbox_port} ; les messages sont dans {settings.mailbox}")
    print(f"  Données        {settings.var.resolve()}")
    print(f"  Journaux       {settings.var.resolve() / 'logs'}\n", flush=True)
