"""The login of the screen: whether the server asks for one, and whether it can be guessed."""

from __future__ import annotations

from settings.server import SHORTEST_PASSWORD, ServerSettings
from tasks.checking.prefect_server import answers_without_login, has_server
from tasks.checking.result import Finding, Light, unchecked


def check_login(server: ServerSettings, server_answers: bool) -> Finding:
    """The line of the login: without one, who reaches the server runs any program as Facteur's account."""
    if server.login_problem:
        return Finding(
            "login",
            Light.RED,
            f"{server.login_problem[0].upper()}{server.login_problem[1:]}.",
            f"Donner à FACTEUR_SERVER__LOGIN au moins {SHORTEST_PASSWORD} caractères sans accent, ou le vider, puis "
            "redémarrer.",
        )
    if not has_server():
        return unchecked(["login"], "aucun serveur Prefect ici")[0]
    if not server_answers:
        return unchecked(["login"], "le serveur ne répond pas")[0]
    if answers_without_login():
        return Finding(
            "login",
            Light.RED,
            "Le serveur Prefect répond sans mot de passe.",
            "Démarrer le serveur avec « facteur up », qui en met toujours un.",
        )
    return Finding("login", Light.GREEN, "demandé par le serveur")
