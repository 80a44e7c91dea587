"""``facteur run NAME -p …``: start a deployment on the running server, with its login read by itself."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.running_server import need_server
from settings.load import load_settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

DEPLOYMENT = "facteur"
ASKED_EVERY_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("name", metavar="TRAITEMENT", help="son nom, comme à l'écran : factures-mensuelles")
    parser.add_argument(
        "-p",
        dest="parameters",
        metavar="NOM=VALEUR",
        action="append",
        default=[],
        help="un paramètre du formulaire ; une liste s'écrit '[\"TILLEULS\"]'",
    )
    parser.add_argument("--watch", action="store_true", help="attendre la fin, et dire comment elle est")


def run(arguments: argparse.Namespace) -> int:
    """Start the run; 0 when it is started, or with ``--watch`` completed or waiting for a person; 1 otherwise."""
    settings = load_settings()
    need_server(settings)
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        deployment = _deployment(client, arguments.name)
        parameters = typed(arguments.parameters, deployment.parameter_openapi_schema or {})
        run_id = _start(client, deployment, parameters)
        if not arguments.watch:
            print(f"Lancé : {arguments.name}, exécution {run_id}.")
            return 0
        print(f"En cours : {arguments.name}, exécution {run_id}…", flush=True)
        while True:
            state = client.read_flow_run(run_id).state
            if state and (state.is_final() or state.is_paused()):
                break
            time.sleep(ASKED_EVERY_SECONDS)
    if state.is_paused():
        print("L'exécution attend la réponse d'une personne : « Resume », à l'écran.")
        return 0
    print(f"{'Fini' if state.is_completed() else 'En échec'} : {state.message or state.name or ''}")
    return 0 if state.is_completed() else 1


def typed(words: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """``NAME=VALUE`` as the parameters of the deployment: a text stays a text, anything else is read as JSON.

    CannotGoOnError for a name that the deployment does not have, and for what is not written so.
    """
    known: dict[str, dict[str, Any]] = schema.get("properties", {})
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise CannotGoOnError(f"« {word} » n'est pas un paramètre : écrivez -p nom=valeur.")
        if name not in known:
            raise CannotGoOnError(f"Le paramètre « {name} » n'existe pas ici. Il y a : {', '.join(known) or 'aucun'}.")
        found[name] = value if _is_text(known[name]) else _json(value)
    return found


def _is_text(parameter: dict[str, Any]) -> bool:
    # A choice of words is a reference, or an enumeration without a type.
    return parameter.get("type") not in {"boolean", "integer", "number", "array", "object"}


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value  # the server says what it should have been


def _deployment(client: SyncPrefectClient, name: str) -> DeploymentResponse:
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_deployment_by_name(f"{name}/{DEPLOYMENT}")
    except ObjectNotFound:
        flows = sorted(flow.name for flow in client.read_flows())
        raise CannotGoOnError(f"Le traitement « {name} » n'existe pas. Il y a : {', '.join(flows)}.") from None


def _start(client: SyncPrefectClient, deployment: DeploymentResponse, parameters: dict[str, Any]) -> UUID:
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        return client.create_flow_run_from_deployment(deployment.id, parameters=parameters).id
    except PrefectHTTPStatusError as error:
        said = error.response.json().get("detail", error.response.text)
        raise CannotGoOnError(f"Le serveur refuse ces paramètres : {said}") from None
