"""Runs that a dead machine left behind."""

from __future__ import annotations

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkerFilter,
    WorkerFilterStatus,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

UNDER_WAY = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
WORKER_LABEL = "prefect.worker.name"
PAGE = 200


async def mark_orphans(client: PrefectClient, pool: str, own_worker: str) -> list[str]:
    """Mark Crashed what is under way in ``pool`` though its worker is gone; the names of those runs.

    The own worker is not running yet, so none of its runs is. A run of another worker that still gives signs of life is
    left alone; so is, while there is such a worker, a run that no worker has signed yet.
    """
    others = {name for name in await _live_workers(client, pool) if name != own_worker}
    marked: list[str] = []
    for run in await _under_way(client, pool):
        worker = run.labels.get(WORKER_LABEL)
        if worker in others or (worker is None and others):
            continue
        message = "La machine s'est arrêtée pendant l'exécution. « Retry » reprend ce qui reste."
        await client.set_flow_run_state(run.id, Crashed(message=message), force=True)
        marked.append(run.name)
    return marked


async def _live_workers(client: PrefectClient, pool: str) -> list[str]:
    online = WorkerFilter(status=WorkerFilterStatus(any_=["ONLINE"]))
    return [worker.name for worker in await client.read_workers_for_work_pool(pool, worker_filter=online)]


async def _under_way(client: PrefectClient, pool: str) -> list[FlowRun]:
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY))),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return found
