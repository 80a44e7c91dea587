"""The login of the UI and the API."""

from __future__ import annotations

import secrets
from pathlib import Path

from settings.loopback import is_loopback
from settings.server import ServerSettings

FILE = "login"


def find_login(server: ServerSettings, prefect_home: Path) -> str:
    """The login in force, as "user:password": the one that was set, or a made one; empty for this machine alone.

    As soon as others can reach the server there is one. It is made once, and kept in a file that only its owner reads.
    """
    if server.login.get_secret_value():
        return server.login.get_secret_value()
    if is_loopback(server.host):
        return ""
    kept = prefect_home / FILE
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(f"facteur:{secrets.token_urlsafe(15)}\n", encoding="utf-8")
    return kept.read_text(encoding="utf-8").strip()
