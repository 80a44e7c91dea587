"""The Prefect server that this process reports to."""

from __future__ import annotations

from importlib.metadata import version

import httpx
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

PATIENCE_SECONDS = 10.0


def has_server() -> bool:
    """Whether a server is set. Without one, Prefect starts a passing one that knows no block of anybody."""
    return bool(PREFECT_API_URL.value())


def read_versions() -> tuple[str, str] | str:
    """The server's version and the one that this process has, which the lock file pins; what went wrong otherwise."""
    try:
        with get_client(httpx_settings={"timeout": PATIENCE_SECONDS}, sync_client=True) as client:
            return str(client.api_version()), version("prefect")
    except (httpx.HTTPError, OSError, RuntimeError, ValueError) as error:  # Prefect wraps some in a RuntimeError
        return " ".join(str(error).split()) or type(error).__name__


def answers_without_login() -> bool:
    """Whether the server tells a stranger what only a person with the login may know."""
    try:
        answer = httpx.get(f"{PREFECT_API_URL.value()}/admin/version", timeout=PATIENCE_SECONDS)
    except httpx.HTTPError:
        return False
    return answer.is_success


def server_address() -> str:
    """Where the server is, for people; never with a password."""
    return str(PREFECT_API_URL.value() or "").removesuffix("/api")
