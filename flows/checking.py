"""verifier-la-configuration: everything that a sending leans on, tried before anybody is written to."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from tasks.checking.configuration import check_configuration
from tasks.checking.page import headline, render_report

ARTIFACT = "configuration"


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    asked = flow_run.get_parameters() or {}
    return f"Configuration · {', '.join(asked.get('structures') or ()) or 'toutes les structures'}"


@flow(name="verifier-la-configuration", flow_run_name=run_name, persist_result=False)
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
    create_markdown_artifact(render_report(report), key=ARTIFACT, description="Configuration vérifiée")
    return (Failed if report.failed else Completed)(message=headline(report))
