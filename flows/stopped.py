"""The pages of campaigns whose run was stopped from outside: by Cancel, or with the machine."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound

from tasks.campaigns.stored import campaign_of_run, open_runs
from tasks.pages.report import How, close_campaign, report_stopped


def report_cancelled(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """As a hook of a mailing flow: publish the pages of the run that is being cancelled, in the worker's process."""
    if campaign := campaign_of_run(str(flow_run.id)):
        report_stopped(campaign, str(flow_run.id), How.CANCELLED)


def report_what_stopped() -> int:
    """Publish what runs that are over could not publish themselves; how many those were.

    No hook runs for a run that is cancelled while it waits, nor where the worker died with it. A campaign whose run
    Prefect no longer knows is closed without pages.
    """
    reported = 0
    with get_client(sync_client=True) as client:
        for flow_run_id in open_runs():
            campaign = campaign_of_run(flow_run_id)
            run = _read(client, flow_run_id)
            if campaign is None or (run is not None and (run.state is None or not run.state.is_final())):
                continue
            if run is None or run.state is None or run.state.is_completed():
                close_campaign(campaign)
                continue
            report_stopped(campaign, flow_run_id, How.CANCELLED if run.state.is_cancelled() else How.INTERRUPTED)
            reported += 1
    return reported


def _read(client: SyncPrefectClient, flow_run_id: str) -> FlowRun | None:
    with suppress(ObjectNotFound, ValueError):  # a campaign that was made without a server has no run
        return client.read_flow_run(UUID(flow_run_id))
    return None
