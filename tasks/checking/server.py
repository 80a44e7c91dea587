"""The Prefect server: whether it answers, and has the version that Facteur is tested with."""

from __future__ import annotations

from tasks.checking.prefect_server import has_server, read_versions, server_address
from tasks.checking.result import Finding, Light, unchecked


def check_server() -> Finding:
    """The line of the server; unchecked where none is set, as on a command line without ``facteur up``."""
    if not has_server():
        return unchecked(["server"], "aucun serveur Prefect ici")[0]
    found = read_versions()
    address = server_address()
    if isinstance(found, str):
        return Finding(
            "server",
            Light.RED,
            f"Le serveur Prefect {address} ne répond pas.",
            "Démarrer Facteur avec « facteur up », ou vérifier PREFECT_API_URL et le mot de passe de l'écran.",
            detail=found,
        )
    server, own = found
    if server != own:
        return Finding(
            "server",
            Light.ORANGE,
            f"Le serveur a la version {server}, Facteur la version {own}.",
            "Installer des deux côtés les versions de requirements.lock.",
        )
    return Finding("server", Light.GREEN, f"{address}, version {server}")
