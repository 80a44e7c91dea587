"""Everything that runs while Facteur is up: mailbox, Prefect server, deployments, worker."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from flows.cli.machine.lock import lock
from flows.cli.machine.login import ensure_login
from flows.cli.machine.ports import port_problem
from flows.cli.machine.processes import Processes, inherited, python
from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.schema import bring_up_to_date
from flows.cli.machine.screen import let_lists_open
from flows.cli.machine.surroundings import local_address, prefect_environment
from settings.load import Settings

PROJECT_FILE = "prefect.yaml"
SERVER_PATIENCE_SECONDS = 120.0
PARTS = {
    "mailbox": "La boîte d'essai",
    "server": "Le serveur Prefect",
    "deploy": "La mise en place des déploiements",
    "worker": "L'exécutant (worker)",
}


@contextmanager
def everything_up(settings: Settings) -> Iterator[Processes]:
    """Start all parts, the worker last, and end all of them when the block is left.

    CannotGoOnError when something stands in the way; then nothing stays running.
    """
    project = Path.cwd()
    if not (project / PROJECT_FILE).exists():
        raise CannotGoOnError(f"Lancez facteur dans le dossier du projet : {PROJECT_FILE} n'est pas dans {project}.")
    if problem := port_problem(settings.server):
        raise CannotGoOnError(problem)
    var = settings.var.resolve()
    settings.prefect_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    var.chmod(0o700)
    held = lock(settings.prefect_home)
    try:
        bring_up_to_date(settings)
        environment = prefect_environment(settings, ensure_login(settings.server, settings.prefect_home), inherited())
        with Processes(settings.logs, held=[held]) as processes:
            _start(settings, project, processes, environment)
            yield processes
    finally:
        os.close(held)


def _start(settings: Settings, project: Path, processes: Processes, environment: Mapping[str, str]) -> None:
    address = f"127.0.0.1:{settings.server.mailbox_port}"
    mailbox = python("aiosmtpd", "-n", "-l", address, "-c", "aiosmtpd.handlers.Mailbox", str(settings.mailbox))
    processes.start("mailbox", mailbox, environment)
    print("Démarrage du serveur Prefect (la première fois, une quinzaine de secondes)…", flush=True)
    processes.start("server", python("prefect", "server", "start"), environment)
    os.environ.update(environment)  # Prefect reads it once, when it is imported: not before this line
    from flows.cli.machine.deploying import POOL, WORKER, prepare_server

    _wait_for_server(settings, processes)
    let_lists_open(settings.prefect_home)

    def deploy() -> None:
        print("Mise en place des déploiements…", flush=True)
        command = python("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(project / PROJECT_FILE))
        if processes.start("deploy", command, environment).wait() != 0:
            raise CannotGoOnError(end_of_part(processes, "deploy"))
        processes.forget("deploy")

    for name in asyncio.run(prepare_server(project, settings.prefect_home / "deployed", deploy)):
        print(f"L'exécution « {name} » avait été interrompue par un arrêt : elle est marquée « Crashed ».", flush=True)
    worker = python("prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", WORKER)
    processes.start("worker", worker, environment)


def _wait_for_server(settings: Settings, processes: Processes) -> None:
    deadline = time.monotonic() + SERVER_PATIENCE_SECONDS
    while True:
        if name := processes.ended():
            raise CannotGoOnError(end_of_part(processes, name))
        try:
            with urlopen(f"{local_address(settings)}/api/health", timeout=5):  # noqa: S310  our own http address
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise CannotGoOnError(
                    f"Le serveur Prefect n'a pas démarré en {SERVER_PATIENCE_SECONDS:.0f} secondes : "
                    f"voir {processes.log('server')}."
                ) from None
            time.sleep(0.1)


def end_of_part(processes: Processes, name: str) -> str:
    """The line that says which part ended by itself, and where it says why."""
    return f"{PARTS[name]} s'est arrêté{'e' if PARTS[name].startswith('La') else ''} : voir {processes.log(name)}."
