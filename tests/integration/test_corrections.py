"""What every page says after an address was corrected: the old one is not to do, and no closed month is reopened."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import update

from models.database.session import writing
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.people import Guardian, Resident
from tasks.follow_up.failures import plan_by_force, read_failures
from tasks.kinds.settling import settle_all
from tasks.monthly.choosing import Choice
from tasks.monthly.shown import read_shown_lines
from tasks.pages.campaign import Links, campaign_page
from tasks.pages.causes import failures_page
from tasks.pages.coverage import where_it_stands
from tasks.pages.facts import read_facts
from tasks.pages.resident import resident_history
from tests.smtp_server.script import Moment, Rule
from tests.workplace import PERIOD, Workplace

S = DeliveryState
NO_SUCH_USER = "550 5.1.1 no such user"


def refuse(workplace: Workplace, *addresses: str) -> None:
    workplace.relay.script(*(Rule(Moment.RCPT, NO_SUCH_USER, recipient=address) for address in addresses))


def correct(workplace: Workplace, *, own: str = "", guardian: str = "") -> None:
    """As an import does: what has arrived is settled first."""
    with writing(workplace.database) as session:
        settle_all(session)
        if own:
            session.execute(update(Resident).values(email=own))
        if guardian:
            session.execute(update(Guardian).values(email=guardian))


def coverages(workplace: Workplace) -> list[Coverage]:
    return [standing.coverage for standing in workplace.standings()]


def test_refused_corrected_sent_again_is_a_campaign_without_failures(workplace: Workplace) -> None:
    """The new run is Completed, and nothing of the old address stands on its pages as to do."""
    workplace.add_resident("Aubert", "aubert@example.org", "ancien@example.org")
    workplace.add_resident("Blanc", "blanc@example.org")
    refuse(workplace, "ancien@example.org", "blanc@example.org")
    assert workplace.run() == ["Refusé", "Refusé"]
    refuse(workplace, "blanc@example.org")
    correct(workplace, guardian="nouveau@example.org")

    campaign = workplace.plan()
    lines = read_shown_lines(campaign)
    assert [line.preselected for line in lines] == [True, False]
    assert (lines[0].addresses, lines[0].messages) == (2, 1)  # the resident has hers
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Envoyé"]
    assert [m.recipients[0] for m in workplace.relay.messages()] == ["aubert@example.org", "nouveau@example.org"]

    facts = read_facts(campaign)
    assert (facts.tally.total, facts.tally.sent, facts.tally.refused) == (1, 1, 0)
    page = campaign_page(facts, "la phrase", Links(unmailed=uuid4(), coverage=uuid4()))
    assert "ancien@" not in page
    # What still fails in the month is on the page, though it is not of this campaign.
    assert "En échec ou incertaines, hors de cet envoi (1)" in page
    assert "blanc@" in page
    assert "ancien@" not in failures_page(facts)
    assert "blanc@" in failures_page(facts)
    assert coverages(workplace) == [Coverage.MAILED, Coverage.FAILED]
    assert len(read_failures(PERIOD).stuck) == 1
    assert read_failures(PERIOD).mended == frozenset()


def test_a_correction_reopens_no_closed_month_and_a_new_guardian_gets_no_old_ones(workplace: Workplace) -> None:
    """September was complete; it stays so, and nothing of it is selected again."""
    workplace.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    workplace.add_resident("Blanc", "blanc@example.org")
    assert workplace.run() == ["Envoyé", "Envoyé"]
    correct(workplace, own="autre@example.org", guardian="nouveau@example.org")
    assert coverages(workplace) == [Coverage.MAILED, Coverage.MAILED]
    assert [where_it_stands(s) for s in workplace.standings()] == [
        "résident : envoyé, tuteur : envoyé",
        "résident : envoyé",
    ]
    assert [line.preselected for line in read_shown_lines(workplace.plan())] == [False, False]
    assert workplace.run() == []
    assert len(workplace.relay.messages()) == 3


def test_even_without_a_stored_settlement_who_got_it_is_not_forgotten(workplace: Workplace) -> None:
    """A run that was killed settled nothing: the deliveries themselves say that all arrived."""
    workplace.add_resident("Aubert", "aubert@example.org")
    workplace.run()
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(email="autre@example.org"))
    assert coverages(workplace) == [Coverage.MAILED]


def test_sending_again_goes_to_the_failed_address_alone_unless_all_are_wanted(workplace: Workplace) -> None:
    """The resident has got his; only the guardian's was refused."""
    workplace.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    refuse(workplace, "tuteur@example.org")
    assert workplace.run() == ["Refusé"]
    workplace.relay.script()
    campaign = workplace.plan()
    (line,) = read_shown_lines(campaign)
    workplace.choose(campaign, Choice(frozenset({line.document_id}), "ML", "boîte rouverte", only_failed=True))
    assert workplace.send(campaign) == ["Envoyé"]
    assert [m.recipients[0] for m in workplace.relay.messages()] == ["aubert@example.org", "tuteur@example.org"]
    assert coverages(workplace) == [Coverage.MAILED]
    assert [(d.version, d.address, d.state) for d in workplace.deliveries()] == [
        (1, "aubert@example.org", S.ACCEPTED),
        (1, "tuteur@example.org", S.REFUSED),
        (2, "tuteur@example.org", S.ACCEPTED),
    ]
    journal = " ".join(resident_history("Aubert", ()).page.replace("<br>", " ").split())
    assert "nouvel envoi demandé (n° 2), seulement : tuteur" in journal


def test_force_takes_the_failed_addresses_alone(workplace: Workplace) -> None:
    """With ``to_all``, those too that have got it."""
    workplace.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    refuse(workplace, "tuteur@example.org")
    workplace.run()
    plan_by_force(str(uuid4()), PERIOD, "boîte rouverte", to_all=False)
    assert [(d.version, d.address) for d in workplace.deliveries()][2:] == [(2, "tuteur@example.org")]


def test_a_printed_invoice_is_settled_until_a_person_wants_it_sent(workplace: Workplace) -> None:
    """Added in the review, it leaves; and then counts as mailed."""
    from tasks.campaigns.requests import Scope
    from tasks.printing.invoices import print_letters

    number = workplace.add_resident("Aubert", "aubert@example.org")
    print_letters(str(uuid4()), Scope(PERIOD, ()), "en échec", only=(number,))
    assert coverages(workplace) == [Coverage.PRINTED]
    assert workplace.run() == []
    campaign = workplace.plan()
    (line,) = read_shown_lines(campaign)
    workplace.choose(campaign, Choice(frozenset({line.document_id}), "ML", "par e-mail aussi"))
    assert workplace.send(campaign) == ["Envoyé"]
    assert coverages(workplace) == [Coverage.MAILED]
