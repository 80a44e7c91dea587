"""The result that a structure gets by mail, on both databases and a real SMTP server."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest
from sqlalchemy import update

from models.database.session import writing
from models.tables.organisation import Structure
from models.values.campaign import CampaignReference
from tasks.notices.structures import mail_report
from tasks.pages.report import close_campaign
from tasks.relays.finding import find_relays
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace, add_structure

SETTING = "FACTEUR_NOTICES__REPORT_TO_STRUCTURES"


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "true")


def campaign_of_two_structures(workplace: Workplace, redirect: str = "") -> CampaignReference:
    """One resident of TILLEULS is accepted, his guardian refused; one of ROSES is accepted."""
    add_structure(workplace.database, "ROSES")
    workplace.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    workplace.add_resident("Blanc", "blanc@example.org", structure="ROSES")
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 <tuteur@example.org> unknown", recipient="tuteur@example.org"))
    campaign = workplace.plan(redirect=redirect)
    workplace.choose(campaign)
    workplace.send(campaign)
    close_campaign(campaign)
    workplace.relay.script()
    return campaign


def reports(workplace: Workplace, campaign: CampaignReference) -> tuple[list[str], list[Any]]:
    """What ``mail_report`` says, and the mails that came of it."""
    before = len(workplace.relay.messages())
    carriers = find_relays(campaign.structures)
    assert not carriers.missing, carriers
    refusals = mail_report(campaign, carriers)
    stored = workplace.relay.messages()[before:]
    return refusals, [email.message_from_bytes(message.content, policy=email.policy.default) for message in stored]


def text(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()) + str(mail.get_body(("html",)).get_content())


@pytest.mark.usefixtures("wanted")
def test_each_structure_gets_its_own_residents_alone(workplace: Workplace) -> None:
    """Its counts and what needs attention; nobody of another structure, and no address of anybody."""
    refusals, mails = reports(workplace, campaign_of_two_structures(workplace))
    assert refusals == []
    roses, tilleuls = mails
    assert (roses["To"], tilleuls["To"]) == ("facturation@roses.example", "facturation@tilleuls.example")
    assert tilleuls["Subject"] == "[Facteur] EHPAD Tilleuls : envoi des factures de septembre 2024"
    assert "1 facture : 1 refusée." in text(tilleuls)
    assert "AUBERT Alix" in text(tilleuls)
    assert "envoi au tuteur : refusé" in text(tilleuls)
    assert "BLANC" not in text(tilleuls)
    assert "1 facture : 1 envoyée." in text(roses)
    assert "Il n'y a rien à faire." in text(roses)
    assert "AUBERT" not in text(roses)
    assert [word for mail in mails for word in ("aubert@", "blanc@", "tuteur@") if word in text(mail)] == []


@pytest.mark.usefixtures("wanted")
def test_it_goes_to_where_answers_go(workplace: Workplace) -> None:
    """The address for replies comes first; the sender is the structure's own, which its relay accepts."""
    campaign = campaign_of_two_structures(workplace)
    with writing(workplace.database) as session:
        session.execute(update(Structure).where(Structure.code == "ROSES").values(reply_to="accueil@roses.example"))
    _, (roses, _) = reports(workplace, campaign)
    assert (roses["To"], roses["From"]) == ("accueil@roses.example", "EHPAD Roses <facturation@roses.example>")


def test_nothing_leaves_unless_it_is_wanted(workplace: Workplace) -> None:
    """By default no structure gets a mail."""
    assert reports(workplace, campaign_of_two_structures(workplace)) == ([], [])


@pytest.mark.usefixtures("wanted")
def test_a_trial_is_told_to_nobody(workplace: Workplace) -> None:
    """Its result is for who tried."""
    assert reports(workplace, campaign_of_two_structures(workplace, redirect="essai@example.org")) == ([], [])


@pytest.mark.usefixtures("wanted")
def test_a_report_that_does_not_leave_is_said_and_stops_no_other(workplace: Workplace) -> None:
    """The campaign is over: its result does not depend on it."""
    campaign = campaign_of_two_structures(workplace)
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 unknown", recipient="facturation@roses.example"),
        Rule(Moment.FINAL, how=How.DROP, recipient="facturation@tilleuls.example"),
    )
    refusals, mails = reports(workplace, campaign)
    assert refusals == [
        "Le compte rendu de ROSES n'est pas parti vers facturation@roses.example (127.0.0.1 : 550 5.1.1 unknown).",
        "Le compte rendu de TILLEULS n'est pas parti vers facturation@tilleuls.example (127.0.0.1 : connexion coupée).",
    ]
    assert mails == []
