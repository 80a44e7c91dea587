"""Which runs ``facteur up`` takes for dead when it starts, on a real Prefect server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Paused, Pending, Running, Scheduled

from flows.cli.machine.orphans import WORKER_LABEL, mark_orphans
from tests.prefect_server import PrefectServer

OWN, OTHER = "facteur-up", "another-machine"


@flow(name="to-be-orphaned")
def to_be_orphaned() -> None:
    """Never called: its runs are made by the tests."""


@dataclass(frozen=True)
class Found:
    state: str
    marked: int


async def _judge(state: State, worker: str | None, other_lives: bool, in_pool: bool = True) -> Found:
    pool = f"pool-{uuid4().hex[:8]}"
    async with get_client() as client:
        for name in (pool, f"{pool}-other"):
            await client.create_work_pool(WorkPoolCreate(name=name, type="process"))
        # The last start's worker still counts as online: it has only just died.
        await client.send_worker_heartbeat(pool, OWN, 30)
        if other_lives:
            await client.send_worker_heartbeat(pool, OTHER, 30)
        run = await client.create_flow_run(
            to_be_orphaned, state=Scheduled(), work_pool_name=pool if in_pool else f"{pool}-other"
        )
        if worker:
            await client.update_flow_run(run.id, infrastructure_pid="4711")
            await client.update_flow_run_labels(run.id, {WORKER_LABEL: worker})
        await client.set_flow_run_state(run.id, state, force=True)
        marked = await mark_orphans(client, pool, OWN)
        after = (await client.read_flow_run(run.id)).state
        assert after is not None
        return Found(after.type.value, len(marked))


@pytest.mark.parametrize(
    ("state", "worker", "other_lives", "expected"),
    [
        pytest.param(Running(), OWN, False, Found("CRASHED", 1), id="the own worker died in the run"),
        pytest.param(Pending(), OWN, False, Found("CRASHED", 1), id="it died before the run began"),
        pytest.param(Cancelling(), OWN, False, Found("CRASHED", 1), id="it died while the run was being cancelled"),
        pytest.param(Running(), OWN, True, Found("CRASHED", 1), id="another worker lives but it is not its run"),
        pytest.param(Running(), OTHER, False, Found("CRASHED", 1), id="another worker's run and that worker is gone"),
        pytest.param(Running(), OTHER, True, Found("RUNNING", 0), id="a living worker's run"),
        pytest.param(Pending(), None, False, Found("CRASHED", 1), id="nobody signed it and nobody else lives"),
        pytest.param(Pending(), None, True, Found("PENDING", 0), id="not signed yet, a living worker may have it"),
        pytest.param(Scheduled(), None, False, Found("SCHEDULED", 0), id="it has not begun"),
        pytest.param(Paused(), OWN, False, Found("PAUSED", 0), id="it waits for a clerk"),
    ],
)
def test_only_runs_whose_process_is_gone_are_marked(
    prefect_server: PrefectServer, state: State, worker: str | None, other_lives: bool, expected: Found
) -> None:
    """A run is marked Crashed when its worker cannot be alive; what waits, and what another machine runs, is not."""
    assert asyncio.run(_judge(state, worker, other_lives)) == expected


def test_other_pools_are_not_touched(prefect_server: PrefectServer) -> None:
    """Runs of another pool belong to somebody else."""
    assert asyncio.run(_judge(Running(), OWN, False, in_pool=False)) == Found("RUNNING", 0)
