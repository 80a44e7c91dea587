"""Publishing pages in the UI: the one place that makes artifacts, and where those of a run are found."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    ArtifactFilterType,
)
from prefect.runtime import flow_run

from models.values.campaign import REAL, CampaignReference
from tasks.kinds.registry import kind_named
from tasks.pages.rendering import cell

# What begins the keys, by page: a list that is sorted by them has the page to read first on top.
RESULT = "1-a-lire-d-abord"
FAILURES = "2-echecs"
UNMAILED = "3-sans-e-mail"
COVERAGE = "4-couverture"
PLAN = "5-plan"


def page_key(campaign: CampaignReference, page: str) -> str:
    """The artifact's key: one history per page and period, trials apart."""
    kind = kind_named(campaign.kind)
    return f"{page}-{kind.key}-{kind.date(campaign)}" + ("" if campaign.purpose == REAL else "-essai")


def of_period(campaign: CampaignReference) -> str:
    """``de septembre 2024``, ``d'août 2024``."""
    kind = kind_named(campaign.kind)
    return kind.of(kind.when(campaign))


def publish(campaign: CampaignReference, page: str, title: str, markdown: str, flow_run_id: str = "") -> UUID:
    """Publish a page; ``title`` and the campaign make its description. Returns the artifact's id."""
    description = f"{title} : {kind_named(campaign.kind).many} {of_period(campaign)}"
    return publish_as(campaign, page, description, markdown, flow_run_id)


def publish_as(campaign: CampaignReference, page: str, description: str, markdown: str, flow_run_id: str = "") -> UUID:
    """Publish a page under its own description. Returns the artifact's id."""
    return publish_page(page_key(campaign, page), description, markdown, flow_run_id)


def publish_page(key: str, description: str, markdown: str, flow_run_id: str = "") -> UUID:
    """Publish a page of a run, the one that calls this unless another is named; the artifact's id.

    ``markdown`` is what ``render_page`` made. The list of artifacts shows the description as Markdown too: a name in it
    stays text, and fetches nothing.

    A run has one page under a key: what it publishes again, after a Retry say, takes the place of what was there, under
    the same address. Outside of any run a page is always a new one.
    """
    page = ArtifactCreate(key=key, type="markdown", description=str(cell(description)), data=markdown)
    return _publish(page, ArtifactFilterKey(any_=[key]), flow_run_id)


def publish_progress(percent: float, words: str) -> UUID:
    """Show how far the run that calls this has come; it has one bar, whatever it does again. The artifact's id."""
    bar = ArtifactCreate(type="progress", description=str(cell(words)), data=percent)
    return _publish(bar, ArtifactFilterKey(exists_=False))


def _publish(page: ArtifactCreate, key: ArtifactFilterKey, flow_run_id: str = "") -> UUID:
    run = flow_run_id or flow_run.get_id()
    with get_client(sync_client=True) as client:
        if run:
            page.flow_run_id = UUID(run)
            there = ArtifactFilter(
                key=key,
                type=ArtifactFilterType(any_=[page.type or ""]),
                flow_run_id=ArtifactFilterFlowRunId(any_=[page.flow_run_id]),
            )
            for found in client.read_artifacts(artifact_filter=there, limit=1):
                client.update_artifact(found.id, ArtifactUpdate(data=page.data, description=page.description))
                return found.id
        return client.create_artifact(page).id
