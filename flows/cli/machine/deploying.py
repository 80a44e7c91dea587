"""What the Prefect server must know before the worker starts: the pool, the block's form, the deployments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

from flows.cli.machine.orphans import mark_orphans
from settings.smtp_server import SmtpServer

POOL = "facteur"
DEPLOYMENT = "facteur"
# The same on every start, wherever the folder runs: the runs of the last start are this one's orphans. Workers on other
# machines have other names.
WORKER = "facteur-up"
NOT_TAKEN = ("command", "env", "working_dir")


async def prepare_server(project: Path, stamp: Path, deploy: Callable[[], None]) -> list[str]:
    """Make the server ready for the worker; the names of the runs that were found dead.

    ``deploy`` runs ``prefect deploy``. It is left out when nothing has changed since ``stamp`` was written, because it
    throws away the runs that are late; and what the operator has set on a schedule is put back after it.
    """
    async with get_client() as client:
        await _make_pool(client)
        await SmtpServer.aregister_type_and_schema(client=client)
        orphans = await mark_orphans(client, POOL, WORKER)
        kept = await _schedules(client)
        state = _fingerprint(project)
        if not kept or not stamp.exists() or stamp.read_text() != state:
            deploy()
            await _put_back(client, kept)
            stamp.write_text(state)
    return orphans


async def _make_pool(client: PrefectClient) -> None:
    """The pool, with our template: made, or brought back to it on a server that has another one."""
    template = job_template()
    try:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template))
    except ObjectAlreadyExists:
        if (await client.read_work_pool(POOL)).base_job_template != template:
            await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


def job_template() -> dict[str, Any]:
    """Prefect's own template for processes without what makes a shell of the form "Custom run".

    A run takes no command, no environment and no folder: a variable would send the mails of a campaign elsewhere.
    """
    template: dict[str, Any] = deepcopy(ProcessWorker.get_default_base_job_template())
    for name in NOT_TAKEN:
        del template["variables"]["properties"][name]
        del template["job_configuration"][name]
    return template


async def _schedules(client: PrefectClient) -> dict[UUID, list[DeploymentSchedule]]:
    ours = DeploymentFilter(name=DeploymentFilterName(any_=[DEPLOYMENT]))
    return {found.id: found.schedules for found in await client.read_deployments(deployment_filter=ours)}


async def _put_back(client: PrefectClient, kept: Mapping[UUID, list[DeploymentSchedule]]) -> None:
    """The schedules of prefect.yaml are for a new deployment; later the operator decides, in the UI."""
    for deployment, made in (await _schedules(client)).items():
        if deployment not in kept:
            continue
        for schedule in made:
            await client.delete_deployment_schedule(deployment, schedule.id)
        fields = set(DeploymentScheduleCreate.model_fields) - {"replaces"}
        old = [DeploymentScheduleCreate(**schedule.model_dump(include=fields)) for schedule in kept[deployment]]
        await client.create_deployment_schedules(deployment, old)


def _fingerprint(project: Path) -> str:
    """Changes with prefect.yaml, with any flow, and with the folder that the worker finds them in."""
    digest = hashlib.sha256(str(project).encode())
    for path in [project / "prefect.yaml", *sorted((project / "flows").glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
