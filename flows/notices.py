"""avertir: the operator is told by e-mail; automations start it, a person hardly ever does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Scheduled

from flows.ending import ended
from flows.naming import named
from models.database.clock import utc_now
from tasks.french.moments import paris_moment
from tasks.notices.operator import Notice, Reason, notify

AGAIN_AFTER_MINUTES = (15, 60, 240, 720)


def _describe(asked: Mapping[str, Any]) -> str:
    return f"Avis · {asked.get('raison')}" + (f" · essai {asked['essai']}" if asked.get("essai", 1) > 1 else "")


@flow(name="avertir", flow_run_name=named(_describe), persist_result=False)
def avertir(execution: str, raison: Reason, essai: int = 1) -> State[Any]:
    """Prévient l'exploitant par e-mail. Se lance tout seul, par les automatisations.

    Args:
        execution: L'identifiant de l'exécution dont il s'agit.
        raison: Ce qui lui arrive.
        essai: Le numéro de l'essai. Facteur essaie encore quand aucun serveur SMTP ne prend l'avis.

    """
    notice = notify(execution, raison)
    later = _try_again(notice, execution, raison, essai) if notice.ending.failed else ""
    return ended(replace(notice.ending, sentence=notice.ending.sentence + later))


def _try_again(notice: Notice, execution: str, raison: Reason, essai: int) -> str:
    """Plan another run of this deployment: the relay that the campaign could not reach is often the notice's too."""
    mine = deployment.get_id()
    if not notice.again or not mine or essai > len(AGAIN_AFTER_MINUTES):
        return ""
    at = utc_now() + timedelta(minutes=AGAIN_AFTER_MINUTES[essai - 1])
    with get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(
            UUID(mine),
            parameters={"execution": execution, "raison": raison.value, "essai": essai + 1},
            state=Scheduled(scheduled_time=at),
            idempotency_key=f"{execution}:{raison.value}:{flow_run.get_id()}",
        )
    return f" Nouvel essai le {paris_moment(at)}."
