"""The Prefect server of ``facteur up``, found by the commands that ask it something."""

from __future__ import annotations

import os

import httpx

from flows.cli.machine.login import login_in_force
from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.surroundings import local_address
from settings.load import Settings

PATIENCE_SECONDS = 5


def find_server(settings: Settings) -> bool:
    """Let Prefect know the server of these settings and its login, before it is imported; whether there is one.

    Who has set ``PREFECT_API_URL`` means another one, and gives its login in ``PREFECT_API_AUTH_STRING``.
    """
    if os.environ.get("PREFECT_API_URL"):
        return True
    address = local_address(settings)
    try:
        httpx.get(f"{address}/api/health", timeout=PATIENCE_SECONDS).raise_for_status()
    except httpx.HTTPError:
        return False
    os.environ["PREFECT_API_URL"] = f"{address}/api"
    if login := login_in_force(settings.server, settings.prefect_home):
        os.environ["PREFECT_API_AUTH_STRING"] = login
    return True


def need_server(settings: Settings) -> None:
    """``find_server``; CannotGoOnError when no server answers, or when it does not take the login."""
    if not find_server(settings):
        raise CannotGoOnError(
            f"Le serveur Prefect ne répond pas sur {local_address(settings)} : lancez « facteur up »."
        )
    address, login = os.environ["PREFECT_API_URL"], os.environ.get("PREFECT_API_AUTH_STRING", "")
    user, _, password = login.partition(":")
    try:
        answer = httpx.get(f"{address}/admin/version", auth=(user, password), timeout=PATIENCE_SECONDS)
    except httpx.HTTPError as error:
        raise CannotGoOnError(f"Le serveur Prefect ne répond pas sur {address} ({error}).") from None
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise CannotGoOnError(
            f"Le serveur Prefect {address} n'accepte pas le mot de passe : donnez son dossier (FACTEUR_VAR) "
            "ou son mot de passe (FACTEUR_SERVER__LOGIN)."
        )
