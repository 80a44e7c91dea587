"""Facteur's runs on the Prefect server, with their task runs, logs and pages."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.types import DateTime
from sqlalchemy import select

from models.database.session import reading
from models.rules.states import FINAL
from models.tables.campaign import Campaign
from models.tables.decision import Decision
from models.tables.delivery import Delivery
from settings.load import Settings
from tasks.purging.expired import Expired
from tasks.purging.limits import Limits

DEPLOYMENT = "facteur"
BATCH = 100


def find_runs(settings: Settings, limits: Limits) -> Expired:
    """The ended runs that may go. A run whose campaign still has something to send stays: Retry takes it up.

    Only runs of flows that are deployed under Facteur's name: the server may serve others too.
    """
    waiting = _waiting(settings)
    with get_client(sync_client=True) as client:
        flows = _flows(client)
        if not flows.id or not flows.id.any_:
            return Expired("runs", limits.kept_for["runs"], 0, None, None, None, 0, lambda: None)
        all_old = client.count_flow_runs(flow_filter=flows, flow_run_filter=_old(limits, set()))
        over = _old(limits, waiting)
        count = client.count_flow_runs(flow_filter=flows, flow_run_filter=over)
        newest = client.read_flow_runs(flow_filter=flows, flow_run_filter=over, sort=FlowRunSort.END_TIME_DESC, limit=1)
        oldest = client.read_flow_runs(
            flow_filter=flows, flow_run_filter=over, sort=FlowRunSort.END_TIME_DESC, limit=1, offset=max(count - 1, 0)
        )
    return Expired(
        what="runs",
        kept_for=limits.kept_for["runs"],
        count=count,
        size=None,
        oldest=oldest[0].end_time if oldest else None,
        newest=newest[0].end_time if newest else None,
        held=all_old - count,
        remove=partial(_remove, flows, over),
    )


def _waiting(settings: Settings) -> set[UUID]:
    """The runs of campaigns that have something left, and of questions about what is uncertain."""
    of_campaigns = (
        select(Campaign.flow_run_id)
        .join(Delivery, Delivery.campaign_id == Campaign.id)
        .where(Delivery.state.not_in(FINAL))
        .distinct()
    )
    of_questions = (
        select(Decision.flow_run_id)
        .join(Delivery, Decision.delivery_id == Delivery.id)
        .where(Delivery.state.not_in(FINAL))
        .distinct()
    )
    found = set()
    with reading(settings.database) as session:
        for run in (*session.scalars(of_campaigns), *session.scalars(of_questions)):
            with suppress(ValueError):  # a campaign that was made without a server
                found.add(UUID(run))
    return found


def _flows(client: SyncPrefectClient) -> FlowFilter:
    ours = DeploymentFilter(name=DeploymentFilterName(any_=[DEPLOYMENT]))
    found: set[UUID] = set()
    while page := client.read_deployments(deployment_filter=ours, limit=BATCH, offset=len(found)):
        found |= {deployment.flow_id for deployment in page}
        if len(page) < BATCH:
            break
    return FlowFilter(id=FlowFilterId(any_=sorted(found)))


def _old(limits: Limits, waiting: set[UUID]) -> FlowRunFilter:
    return FlowRunFilter(
        id=FlowRunFilterId(not_any_=sorted(waiting)) if waiting else None,
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=sorted(TERMINAL_STATES))),
        end_time=FlowRunFilterEndTime(before_=DateTime.fromisoformat(limits.runs.isoformat())),
    )


def _remove(flows: FlowFilter, over: FlowRunFilter) -> None:
    """A run goes after its pages: killed in between, the next purge finds it again."""
    with get_client(sync_client=True) as client:
        while page := client.read_flow_runs(flow_filter=flows, flow_run_filter=over, limit=BATCH):
            _remove_pages(client, page)
            for run in page:
                with suppress(ObjectNotFound):
                    client.delete_flow_run(run.id)


def _remove_pages(client: SyncPrefectClient, runs: list[FlowRun]) -> None:
    of_these = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id for run in runs]))
    while pages := client.read_artifacts(artifact_filter=of_these, limit=BATCH):
        for page in pages:
            with suppress(ObjectNotFound):
                client.delete_artifact(page.id)
