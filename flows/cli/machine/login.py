"""The login of the UI and the API. There always is one: who reaches the API runs any code."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from settings.server import ServerSettings

FILE = "login"
NAME = "facteur"


def login_in_force(server: ServerSettings, prefect_home: Path) -> str:
    """The login, as "user:password": the one that was set, or the one that was made; empty before the first start."""
    if server.login.get_secret_value():
        return server.login.get_secret_value()
    try:
        kept = (prefect_home / FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    user, _, password = kept.partition(":")
    return kept if user and password else ""


def ensure_login(server: ServerSettings, prefect_home: Path) -> str:
    """``login_in_force``, made first where there is none, and kept in a file that only its owner reads."""
    if login := login_in_force(server, prefect_home):
        if not server.login.get_secret_value():
            (prefect_home / FILE).chmod(0o600)
        return login
    login = f"{NAME}:{secrets.token_urlsafe(15)}"
    made = prefect_home / f".{FILE}"  # a start that is killed here leaves no half of a password
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{login}\n")
    made.replace(prefect_home / FILE)
    return login
