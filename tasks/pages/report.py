"""The end of a campaign: its pages in the Prefect UI, and how its run ends."""

from __future__ import annotations

from collections.abc import Sequence

from models.database.clock import utc_now
from models.tables.campaign import Campaign
from models.values.campaign import REAL, CampaignReference
from models.values.ending import Ending, Stopped
from settings.ledger import writing_ledger
from tasks.kinds.settling import settle
from tasks.pages.campaign import Links, campaign_page, description
from tasks.pages.causes import failures_page
from tasks.pages.coverage import coverage_page, unmailed_page
from tasks.pages.facts import CampaignFacts, read_facts
from tasks.pages.headlines import headline
from tasks.pages.publishing import COVERAGE, FAILURES, RESULT, UNMAILED, publish, publish_as


def report(campaign: CampaignReference, stops: Sequence[Stopped], printed: Ending | None = None) -> Ending:
    """Publish the campaign's page and its lists; how the run ends. ``printed`` tells of the letters of the same run."""
    facts = read_facts(campaign, stops)
    if campaign.purpose == REAL:
        with writing_ledger() as session:
            settle(session, facts.kind, facts.standings)
    tally = facts.tally
    sentence = headline(tally, facts.when, facts.sent_since, facts.next_try, facts.kind)
    if printed is not None:
        sentence = printed.sentence if not tally.total else f"{sentence} {printed.sentence}"
    _publish_pages(facts, sentence)
    if stops:
        sentence = f"{sentence} Arrêt : {stops[0].sentence}. {stops[0].remedy}"
    failed = bool(stops or tally.refused or tally.uncertain or tally.waiting or (printed and printed.failed))
    return Ending(sentence, failed)


def _publish_pages(facts: CampaignFacts, sentence: str) -> None:
    """The campaign's page last: it links to the others. A trial changes no coverage, and has no other page."""
    campaign = facts.campaign
    if campaign.purpose != REAL:
        publish_as(campaign, RESULT, description(facts), campaign_page(facts, sentence))
        return
    coverage = publish(campaign, COVERAGE, "Couverture", coverage_page(facts))
    unmailed = publish(campaign, UNMAILED, "Sans e-mail", unmailed_page(facts))
    publish(campaign, FAILURES, "Échecs", failures_page(facts))
    page = campaign_page(facts, sentence, Links(unmailed=unmailed, coverage=coverage))
    publish_as(campaign, RESULT, description(facts), page)


def close_campaign(campaign: CampaignReference) -> None:
    """Note when the campaign's run came to its end."""
    with writing_ledger() as session:
        session.get_one(Campaign, campaign.campaign_id).closed_at = utc_now()
