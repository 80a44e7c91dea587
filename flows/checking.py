"""verifier-la-configuration: everything that a sending leans on, tried before anybody is written to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.ending import ended
from flows.naming import named, structures_of
from models.values.ending import Ending
from tasks.checking.configuration import check_configuration
from tasks.checking.page import headline, render_report

ARTIFACT = "configuration"


def _describe(asked: Mapping[str, Any]) -> str:
    return f"Configuration · {structures_of(asked)}"


@flow(
    name="verifier-la-configuration",
    flow_run_name=named(_describe),
    persist_result=False,
)
def verifier_la_configuration(
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
) -> State[Any]:
    """Vérifie tout ce dont un envoi a besoin, sans rien envoyer à personne.

    Base de données, serveur SMTP, expéditeurs, textes, adresses nouvelles, archive et place sur le disque : chaque
    point est vert, orange ou rouge, avec ce qu'il faut faire.

    Args:
        structures: Les codes des structures. Vide : toutes.

    """
    report = check_configuration(tuple(dict.fromkeys(code.strip() for code in structures if code.strip())))
    return ended(Ending(headline(report), report.failed, render_report(report), ARTIFACT), "Configuration vérifiée")
