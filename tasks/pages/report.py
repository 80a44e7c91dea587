"""The end of a campaign: its pages in the Prefect UI, and how its run ends."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

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
from tasks.pages.reviewed import read_review


class How(StrEnum):
    """How a run was stopped from outside."""

    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


# What is to be done then: the page adds that Retry takes up the rest.
STOPPED = {
    How.CANCELLED: Stopped("l'exécution a été annulée", "Vérifiez plus bas ce qui est parti."),
    How.INTERRUPTED: Stopped(
        "l'exécution s'est interrompue avant sa fin", "Si l'onglet « Details » en dit la cause, réglez-la d'abord."
    ),
}
NOT_CHOSEN = "Rien n'est parti : la relecture n'a pas été validée."


def report(campaign: CampaignReference, stops: Sequence[Stopped], printed: Ending | None = None) -> Ending:
    """Publish the campaign's page and its lists; how the run ends. ``printed`` tells of the letters of the same run."""
    facts = read_facts(campaign, stops)
    _settle(facts)
    tally = facts.tally
    sentence = headline(tally, facts.when, facts.sent_since, facts.next_try, facts.kind)
    if printed is not None:
        sentence = printed.sentence if not tally.total else f"{sentence} {printed.sentence}"
    _publish_pages(facts, sentence)
    if stops:
        sentence = f"{sentence} Arrêt : {stops[0].sentence}. {stops[0].remedy}"
    failed = bool(stops or tally.refused or tally.uncertain or tally.waiting or (printed and printed.failed))
    return Ending(sentence, failed)


def report_stopped(campaign: CampaignReference, flow_run_id: str, how: How) -> None:
    """Publish the pages of a campaign whose run was stopped before it could do so, and close it."""
    facts = read_facts(campaign, [STOPPED[how]])
    _settle(facts)
    sentence = headline(facts.tally, facts.when, facts.sent_since, facts.next_try, facts.kind)
    _publish_pages(facts, sentence if campaign.chosen else NOT_CHOSEN, flow_run_id)
    close_campaign(campaign)


def _settle(facts: CampaignFacts) -> None:
    if facts.campaign.purpose == REAL:
        with writing_ledger() as session:
            settle(session, facts.kind, facts.standings)


def _publish_pages(facts: CampaignFacts, sentence: str, flow_run_id: str = "") -> None:
    """The campaign's page last: it links to the others. A trial changes no coverage, and has no other page."""
    campaign = facts.campaign
    links = None
    if campaign.purpose == REAL:
        coverage = publish(campaign, COVERAGE, "Couverture", coverage_page(facts), flow_run_id)
        unmailed = publish(campaign, UNMAILED, "Sans e-mail", unmailed_page(facts), flow_run_id)
        publish(campaign, FAILURES, "Échecs", failures_page(facts), flow_run_id)
        links = Links(unmailed=unmailed, coverage=coverage)
    page = campaign_page(facts, sentence, links, read_review(campaign))
    publish_as(campaign, RESULT, description(facts), page, flow_run_id)


def close_campaign(campaign: CampaignReference) -> None:
    """Note when the campaign's run came to its end: its pages are published, or it has none to publish."""
    with writing_ledger() as session:
        session.get_one(Campaign, campaign.campaign_id).closed_at = utc_now()
