"""``facteur automations``: Prefect itself watches the runs, and starts ``avertir`` when one needs somebody."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.cli.machine.refusal import CannotGoOnError
from flows.cli.machine.running_server import need_server
from flows.cli.machine.watches import Watch, watches
from settings.load import Settings, load_settings

if TYPE_CHECKING:
    from prefect.automations import AutomationCore

DEPLOYMENT = "avertir/facteur"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: who is told, and when, are settings."""


def run(_arguments: argparse.Namespace) -> int:
    """Create or update the automations on the running server."""
    settings = load_settings()
    need_server(settings)
    changed = set_up(settings)
    print("\n".join(f"Mise à jour : {name}" for name in changed) or "Les automatisations sont à jour.")
    if not settings.notices.operators:
        print("Personne n'est prévenu pour l'instant : réglez FACTEUR_NOTICES__OPERATOR et FACTEUR_NOTICES__SENDER.")
    return 0


def set_up(settings: Settings) -> list[str]:
    """Bring the automations to these settings; the names of those that were not so. ``PREFECT_API_URL`` is set.

    What is as wanted is left alone: Prefect forgets what it is waiting for when an automation is written again. One
    that a person has switched off stays off. CannotGoOnError when ``avertir`` is not deployed.
    """
    notices = settings.notices
    return bring_up_to_date(
        watches(timedelta(hours=notices.review_hours), timedelta(minutes=notices.late_minutes)), DEPLOYMENT
    )


def bring_up_to_date(wanted: tuple[Watch, ...], deployment: str) -> list[str]:
    """Make each watch an automation that starts ``deployment``; the names of those that were made or changed."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    changed = []
    with get_client(sync_client=True) as client:
        try:
            target = client.read_deployment_by_name(deployment).id
        except ObjectNotFound:
            raise CannotGoOnError(
                f"Le déploiement « {deployment} » n'est pas en place : lancez « facteur up », puis recommencez."
            ) from None
        for watch in wanted:
            ours = client.read_automations_by_name(watch.name)
            for double in ours[1:]:
                client.delete_automation(double.id)
            found = ours[0] if ours else None
            new = _automation(watch, target, enabled=found.enabled if found else True)
            if found is None:
                client.create_automation(new)
            elif _content(found) != _content(new):
                client.update_automation(found.id, new)
            else:
                continue
            changed.append(watch.name)
    return changed


def _automation(watch: Watch, deployment: UUID, *, enabled: bool) -> AutomationCore:
    from prefect.automations import AutomationCore, EventTrigger, Posture, ResourceSpecification, RunDeployment

    events = {f"prefect.flow-run.{name}" for name in watch.after}
    is_proactive = bool(watch.unless)
    trigger = EventTrigger(
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        match_related=ResourceSpecification(
            {"prefect.resource.role": "flow", "prefect.resource.name": list(watch.flows)}
        ),
        for_each={"prefect.resource.id"},
        after=events if is_proactive else set(),
        expect={f"prefect.flow-run.{name}" for name in watch.unless} if is_proactive else events,
        posture=Posture.Proactive if is_proactive else Posture.Reactive,
        threshold=1,
        within=watch.within,
    )
    run_id = {"__prefect_kind": "jinja", "template": "{{ flow_run.id }}"}
    action = RunDeployment(
        source="selected",
        deployment_id=deployment,
        parameters={"execution": run_id, "raison": watch.reason},
        job_variables=None,
    )
    return AutomationCore(
        name=watch.name, description=watch.description, enabled=enabled, trigger=trigger, actions=[action]
    )


def _content(automation: AutomationCore) -> dict[str, Any]:
    """What an automation says, without what only the server gives it; its sets in a fixed order."""
    said = automation.model_dump(mode="json", include={"name", "description", "trigger", "actions"})
    for name in ("after", "expect", "for_each"):
        said["trigger"][name] = sorted(said["trigger"].get(name) or ())
    return said
