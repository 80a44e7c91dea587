"""A bench of lies: random months, in which what every page says is compared with the relay's own record."""

from __future__ import annotations

import email
import random
import re
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from models.database.session import writing
from models.rules.coverage import Coverage
from models.rules.states import WAITING, DeliveryState
from models.tables.people import Guardian, Resident
from models.values.campaign import CampaignReference
from tasks.campaigns.requests import Scope
from tasks.kinds.settling import settle_all
from tasks.monthly.choosing import Choice
from tasks.monthly.shown import read_shown_lines
from tasks.pages.campaign import Links, campaign_page
from tasks.pages.causes import failed
from tasks.pages.coverage import coverage_page, coverage_table
from tasks.pages.coverage_classes import CoverageClass, class_of
from tasks.pages.facts import CampaignFacts, read_facts
from tasks.pages.history import history
from tasks.printing.invoices import print_letters
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace

RESIDENTS = 7
EVENTS = 9
S = DeliveryState


def sent_to(workplace: Workplace) -> Counter[tuple[str, str]]:
    """(address, invoice) of every message that the relay stored, by its own record."""
    found: Counter[tuple[str, str]] = Counter()
    for message in workplace.relay.messages():
        parsed = email.message_from_bytes(message.content)
        (name,) = (part.get_filename() for part in parsed.walk() if part.get_filename())
        found[message.recipients[0].lower(), re.findall(r"F-[0-9a-f]{8}", name)[0]] += 1
    return found


class Month:
    """A month in which things go wrong, and a clerk who does what she can."""

    def __init__(self, workplace: Workplace, seed: int) -> None:
        self.workplace = workplace
        self.chance = random.Random(seed)
        self.addresses = 0
        self.campaign: CampaignReference | None = None
        self.wanted_again: Counter[tuple[str, str]] = Counter()
        for number in range(RESIDENTS):
            own = self.address() if self.chance.random() < 0.8 else ""
            guardian = self.address() if self.chance.random() < 0.5 else ""
            workplace.add_resident(f"Nom{number}", own, guardian)

    def address(self) -> str:
        self.addresses += 1
        return f"a{self.addresses}@example.org"

    def weather(self) -> None:
        """Each address may be refused, put off or lose its answer."""
        rules = []
        for number in range(1, self.addresses + 1):
            drawn = self.chance.random()
            address = f"a{number}@example.org"
            if drawn < 0.15:
                rules.append(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient=address))
            elif drawn < 0.22:
                rules.append(Rule(Moment.RCPT, "451 4.7.1 later", recipient=address))
            elif drawn < 0.27:
                rules.append(Rule(Moment.FINAL, how=How.DROP, stored=True, recipient=address, times=1))
        self.workplace.relay.script(*rules)

    def send(self) -> None:
        self.weather()
        campaign = self.workplace.plan()
        lines = read_shown_lines(campaign)
        added = {line.document_id for line in lines if line.offered and not line.preselected}
        chosen = {line.document_id for line in lines if line.preselected and self.chance.random() < 0.9}
        if self.chance.random() < 0.3:
            again = {document for document in added if self.chance.random() < 0.3}
            self.want(again)
            chosen |= again
        self.workplace.choose(
            campaign, Choice(frozenset(chosen), "ML", "demandé", only_failed=self.chance.random() < 0.7)
        )
        waiting = {s.document_id: sum(d.state in WAITING for d in s.deliveries) for s in self.workplace.standings()}
        announced = {line.document_id: line.messages for line in lines if line.preselected}
        chosen &= announced.keys()
        assert {document: waiting[document] for document in chosen} == {d: announced[d] for d in chosen}
        self.workplace.send(campaign)
        self.campaign = campaign

    def want(self, documents: set[int]) -> None:
        """Whoever is added may get his invoice once more."""
        for standing in self.workplace.standings():
            if standing.document_id in documents and standing.mailable:
                self.wanted_again.update((r.key, standing.number) for r in standing.recipients)  # type: ignore[union-attr]

    def retry(self) -> None:
        if self.campaign is not None:
            self.weather()
            self.workplace.send(self.campaign)

    def correct(self) -> None:
        """An import brings new addresses; what has arrived is settled before."""
        with writing(self.workplace.database) as session:
            settle_all(session)
            table = self.chance.choice([Resident, Guardian])
            ids = session.scalars(select(table.id)).all()
            for key in ids:
                if self.chance.random() < 0.3:
                    session.execute(update(table).where(table.id == key).values(email=self.address()))

    def print(self) -> None:
        what = self.chance.choice(["tout ce qui doit être imprimé", "en échec", "sans adresse ou papier demandé"])
        print_letters(str(uuid4()), Scope(PERIOD, ()), what)  # type: ignore[arg-type]

    def happen(self) -> None:
        self.chance.choice([self.send, self.send, self.retry, self.correct, self.print])()


def check(month: Month) -> None:
    """What the product says is what the relay has; nobody is in two lists, and every list adds up."""
    workplace = month.workplace
    standings, record = workplace.standings(), sent_to(workplace)
    deliveries = workplace.deliveries()
    number_of = {s.document_id: s.number for s in standings}
    accepted = Counter((d.address, number_of[d.document_id]) for d in deliveries if d.state == S.ACCEPTED)
    uncertain = Counter((d.address, number_of[d.document_id]) for d in deliveries if d.state == S.UNCERTAIN)
    assert not accepted - record, "said to be sent, and not with the relay"
    assert not record - accepted - uncertain, "with the relay, and nobody says so"
    assert all(count <= 1 + month.wanted_again[key] for key, count in record.items()), "twice, and nobody wanted it"

    for standing in standings:
        if standing.coverage is Coverage.MAILED:
            assert standing.deliveries
            assert all(record[d.address, standing.number] for d in standing.deliveries)
        if standing.coverage is Coverage.FAILED:
            assert any(d.state in {S.REFUSED, S.ABANDONED} or d.unwritten for d in standing.failing)
    table = coverage_table(standings)
    assert sum(table.totals) == table.total == len(standings) == RESIDENTS
    assert table.totals == [
        sum(class_of(s) is found for s in standings)
        for found in CoverageClass
        if found is CoverageClass.MAILED or any(class_of(s) is found for s in standings)
    ]
    assert f"{RESIDENTS} facture" in history(PERIOD, ()).sentence
    if month.campaign is not None:
        check_pages(read_facts(month.campaign), record)


def check_pages(facts: CampaignFacts, record: Counter[tuple[str, str]]) -> None:
    tally = facts.tally
    columns = (tally.sent, tally.refused, tally.uncertain, tally.deferred, tally.waiting, tally.withdrawn)
    assert sum(columns) == tally.total == len({line.document_id for line in facts.lines})
    page = campaign_page(facts, "la phrase", Links(unmailed=uuid4(), coverage=uuid4()))
    to_do, _, sent = page.partition("## Envoyées")
    standing_of = {standing.document_id: standing for standing in facts.standings}
    for line in facts.lines:
        arrived = standing_of[line.document_id].coverage is Coverage.MAILED
        assert not (arrived and failed(line)), f"{line.delivery.address} is to do, and the invoice has arrived"
        local = line.delivery.address.partition("@")[0]
        if line.delivery.state is S.ACCEPTED:
            assert record[line.delivery.address, line.shown["number"]]
            assert f"{local}@" in sent.replace("<br>", "")
    for standing in facts.standings:
        is_bad = standing.coverage in {Coverage.FAILED, Coverage.UNCERTAIN}
        listed = f"{standing.number}" in to_do.replace("<br>", "")
        assert not is_bad or listed, f"{standing.number} is in failure and stands nowhere"
    text = coverage_page(facts)
    assert all(
        s.number in text.replace("<br>", "")
        for s in facts.standings
        if s.coverage not in {Coverage.MAILED, Coverage.PRINTED}
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_page_tells_a_lie_in_a_random_month(workplace: Workplace, seed: int) -> None:
    """Refusals, delays, lost answers, corrections, changes in the review, retries and prints, in any order."""
    month = Month(workplace, seed)
    for _ in range(EVENTS):
        month.happen()
        check(month)
