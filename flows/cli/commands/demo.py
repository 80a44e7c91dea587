"""``facteur demo``: a month of an invented association, from the import to messages in a mailbox and files to print."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from flows.cli.commands.demo_report import ledger_counts, show_report
from flows.cli.commands.import_folder import show
from flows.cli.commands.sample import write_sample
from flows.cli.machine.ports import free_port
from flows.cli.machine.processes import Processes
from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.stack import end_of_part, everything_up
from flows.sample.clients import OVERDUE_AT
from flows.sample.structures import ASSOCIATION
from models.database.session import reading
from models.tables.organisation import Association
from settings.load import Settings, load_settings
from tasks.french.moments import paris_day
from tasks.imports.run import import_here

PERIOD = "2024-09"
PATIENCE_SECONDS = 300.0
PROGRESS_EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One run of a deployment, unattended."""

    title: str
    deployment: str
    parameters: dict[str, Any]


def _reminders(title: str, mode: str) -> Step:
    parameters = {"mode": mode, "date_de_reference": OVERDUE_AT.isoformat(), "relecture": False}
    return Step(title, "relances/facteur", parameters)


# What stands together runs at once: a letter is for whom no e-mail reached.
STEPS = (
    (
        Step(f"envoi des factures de {PERIOD}", "factures-mensuelles/facteur", {"periode": PERIOD, "relecture": False}),
        _reminders(f"relances par e-mail, au {paris_day(OVERDUE_AT)}", "e-mail"),
    ),
    (
        _reminders("relances par courrier des autres clients", "courrier"),
        Step(
            f"édition des factures de {PERIOD} qui ne partent pas par e-mail",
            "editer-les-courriers/facteur",
            {"periode": PERIOD},
        ),
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: the demonstration shows what Facteur does as it is."""


def run(_arguments: argparse.Namespace) -> int:
    """Import, deploy, send, compare; 0 only when the run succeeded and the ledger and the mailbox agree."""
    began = time.monotonic()
    os.environ.update(_variables(load_settings()))
    settings = load_settings()
    _refuse_real_data(settings)
    print("Démonstration : une association inventée ; rien ne sort de cette machine.\n", flush=True)
    _import_sample(settings.sample)
    with everything_up(settings) as processes:
        completed = [_run(steps, settings, processes) for steps in STEPS]
    agreed = show_report(settings, PERIOD, OVERDUE_AT)
    print(f"\nDurée : {time.monotonic() - began:.0f} s.")
    return 0 if all(completed) and agreed else 1


def _variables(settings: Settings) -> dict[str, str]:
    """The demonstration's settings: whatever this machine is set to, it sends to its own mailbox and nowhere else."""
    mailbox_port = free_port(settings.server.mailbox_port)
    return {
        "FACTEUR_DATABASE_URL": "",
        "FACTEUR_SERVER__HOST": "127.0.0.1",
        "FACTEUR_SERVER__PORT": str(free_port(settings.server.port)),
        "FACTEUR_SERVER__LOGIN": "",
        "FACTEUR_SERVER__MAILBOX_PORT": str(mailbox_port),
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(mailbox_port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SMTP__USER": "",
        "FACTEUR_SMTP__SECRET": "",
        "FACTEUR_SMTP__CA_FILE": "",
        "FACTEUR_SMTP__MESSAGES_PER_MINUTE": "0",
        "FACTEUR_SMTP__DAILY_QUOTA": "0",
        "FACTEUR_SMTP__CONNECTIONS": "2",
        # A demonstration that was killed while it sent is taken up again within its own time.
        "FACTEUR_SENDING__LEASE_SECONDS": "30",
    }


def _refuse_real_data(settings: Settings) -> None:
    if not (settings.var.resolve() / "facteur.db").exists():
        return
    try:
        with reading(settings.database) as session:
            others = sorted(set(session.scalars(select(Association.name))) - {ASSOCIATION})
    except OperationalError:  # a file without tables yet
        return
    if others:
        raise CannotGoOnError(
            f"Le dossier {settings.var.resolve()} contient de vraies données ({others[0]}) : la démonstration n'y "
            "touche pas. Donnez-lui un autre dossier, par exemple FACTEUR_VAR=/tmp/facteur-demo make demo."
        )


def _import_sample(folder: Path) -> None:
    write_sample(folder)
    report = import_here(str(folder))
    show(report)
    if not report.accepted:
        raise CannotGoOnError("Les données d'exemple n'ont pas pu être importées.")
    print(flush=True)


def _run(steps: Sequence[Step], settings: Settings, processes: Processes) -> bool:
    """Run deployments, show the progress and the messages that they end with; whether all of them completed."""
    from prefect.client.orchestration import get_client

    print("\n".join(f"En cours : {step.title}…" for step in steps), flush=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    shown, shown_at = ledger_counts(settings), time.monotonic()
    with get_client(sync_client=True) as client:
        running = {}
        for step in steps:
            deployment = client.read_deployment_by_name(step.deployment)
            running[step] = client.create_flow_run_from_deployment(deployment.id, parameters=step.parameters).id
        completed = True
        while running:
            for step, flow_run in list(running.items()):
                state = client.read_flow_run(flow_run).state
                if state and state.is_final():
                    del running[step]
                    completed &= state.is_completed()
                    print(f"  Fini : {step.title}.\n    {state.message or state.name or ''}", flush=True)
            if name := processes.ended():
                raise CannotGoOnError(end_of_part(processes, name))
            if time.monotonic() > deadline:
                raise CannotGoOnError(f"L'exécution n'a pas fini en {PATIENCE_SECONDS:.0f} s : voir {processes.logs}.")
            counts = ledger_counts(settings)
            if counts != shown and time.monotonic() - shown_at >= PROGRESS_EVERY_SECONDS:
                shown, shown_at = counts, time.monotonic()
                print(f"  {counts.accepted} messages acceptés sur {counts.total}", flush=True)
            time.sleep(0.3)
    print(flush=True)
    return completed
