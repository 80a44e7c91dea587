"""Publishing pages in the UI: the one place that makes artifacts, and where those of a campaign are found."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from prefect.artifacts import create_markdown_artifact

from models.values.campaign import REAL, CampaignReference
from tasks.kinds.registry import kind_named
from tasks.pages.rendering import cell


def page_key(campaign: CampaignReference, page: str) -> str:
    """The artifact's key: one history per period and page, trials apart."""
    kind = kind_named(campaign.kind)
    return f"{kind.key}-{kind.date(campaign)}-{page}" + ("" if campaign.purpose == REAL else "-essai")


def of_period(campaign: CampaignReference) -> str:
    """``de septembre 2024``, ``d'août 2024``."""
    kind = kind_named(campaign.kind)
    return kind.of(kind.when(campaign))


def publish(campaign: CampaignReference, page: str, title: str, markdown: str) -> UUID:
    """Publish a page; ``title`` and the campaign make its description. Returns the artifact's id."""
    description = f"{title} : {kind_named(campaign.kind).many} {of_period(campaign)}"
    return publish_as(campaign, page, description, markdown)


def publish_as(campaign: CampaignReference, page: str, description: str, markdown: str) -> UUID:
    """Publish a page under its own description. Returns the artifact's id."""
    return publish_page(page_key(campaign, page), description, markdown)


def publish_page(key: str, description: str, markdown: str) -> UUID:
    """Publish Markdown that ``render_page`` made. Returns the artifact's id.

    The list of artifacts shows the description as Markdown too: a name in it stays text, and fetches nothing.
    """
    return cast("UUID", create_markdown_artifact(markdown, key=key, description=str(cell(description))))
