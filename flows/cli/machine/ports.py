"""Whether the ports that Facteur listens on are free."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack

from settings.server import ServerSettings


def port_problem(server: ServerSettings) -> str | None:
    """What keeps Facteur from listening, as one French line that names the variable to change; None when nothing."""
    wanted = [
        (server.host, server.port, "FACTEUR_SERVER__PORT"),
        ("127.0.0.1", server.mailbox_port, "FACTEUR_SERVER__MAILBOX_PORT"),
    ]
    with ExitStack() as held:  # held together, so that one port given twice is found
        for host, port, variable in wanted:
            try:
                held.enter_context(_listening(host, port))
            except OSError as error:
                return _sentence(error, host, port, variable)
    return None


def free_port(preferred: int) -> int:
    """``preferred`` when it is free on this machine, or any other port that is."""
    for port in (preferred, 0):
        try:
            with _listening("127.0.0.1", port) as listener:
                return int(listener.getsockname()[1])
        except OSError:
            continue
    raise OSError(errno.EADDRINUSE, "no free port")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


def _sentence(error: OSError, host: str, port: int, variable: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Le port {port} est déjà pris par un autre programme : arrêtez-le, ou donnez un autre port avec "
                f"{variable}, par exemple {variable}={port + 1 if port < 65535 else port - 1}."
            )
        case errno.EACCES:
            return f"Le port {port} est réservé par le système : donnez un port à partir de 1024 avec {variable}."
        case errno.EADDRNOTAVAIL:
            return f"L'adresse {host} n'est pas de cette machine : corrigez FACTEUR_SERVER__HOST."
        case _ if isinstance(error, socket.gaierror):
            return f"L'adresse {host} est inconnue : corrigez FACTEUR_SERVER__HOST."
        case _:
            return f"Impossible d'écouter sur {host}, port {port} : {os.strerror(error.errno or 0)}."
