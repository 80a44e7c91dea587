"""Reminders by e-mail, on both databases: who is due, once, with the right letter, and what a payment changes."""

from __future__ import annotations

from datetime import timedelta
from email import policy
from email.parser import BytesParser
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.rules.reminders import NotDue
from models.rules.states import DeliveryState
from models.tables.campaign import CampaignLine
from models.tables.invoice import Invoice
from models.tables.people import Client
from models.tables.reminder import ReminderLine
from models.values.kinds import Channel, ClientKind
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.freshness import stale_balances
from tests.reminders_workplace import TODAY, add_client, add_overdue, note_import, overdue, pay, plan, remind
from tests.smtp_server.script import Moment, Rule
from tests.workplace import Workplace


def mails(workplace: Workplace) -> list[object]:
    return [BytesParser(policy=policy.default).parsebytes(m.content) for m in workplace.relay.messages()]


def test_each_client_with_an_address_gets_one_mail_with_its_letter_and_copies(workplace: Workplace) -> None:
    """One reminder groups the invoices of a client; the letter names them all, and each is enclosed."""
    garage = add_client(workplace, "Garage Petit", "compta@garage.example")
    numbers = {add_overdue(workplace, garage, 20), add_overdue(workplace, garage, 12)}
    add_overdue(workplace, add_client(workplace, "Sans Adresse"), 20)
    assert remind(workplace) == ["Envoyé"]
    [mail] = mails(workplace)
    assert mail["to"].addresses[0].addr_spec == "compta@garage.example"  # type: ignore[index]
    attached = list(mail.iter_attachments())  # type: ignore[attr-defined]
    assert len(attached) == 3
    letter = "".join(page.extract_text() for page in PdfReader(BytesIO(attached[0].get_content())).pages)
    assert all(number in letter for number in numbers)
    enclosed = ["".join(p.extract_text() for p in PdfReader(BytesIO(a.get_content())).pages) for a in attached[1:]]
    assert {number for number in numbers for text in enclosed if number in text} == numbers
    assert {overdue(workplace)[number].coverage for number in numbers} == {Coverage.MAILED}


def test_a_run_that_is_started_twice_reminds_nobody_twice(workplace: Workplace) -> None:
    """The second run finds nothing due, whatever its mode."""
    client = add_client(workplace, "Garage Petit", "compta@garage.example")
    number = add_overdue(workplace, client, 20)
    remind(workplace)
    assert remind(workplace) == []
    assert plan(workplace, "courrier").campaign_id
    assert len(mails(workplace)) == 1
    assert overdue(workplace)[number].due is NotDue.RECENT


def test_two_runs_that_were_shown_the_same_client_remind_him_once(workplace: Workplace) -> None:
    """What is due is judged again when the choice is stored: the later choice finds it taken."""
    add_overdue(workplace, add_client(workplace, "Garage Petit", "compta@garage.example"), 20)
    first, second = plan(workplace), plan(workplace)
    store_reminder_choice(first)
    store_reminder_choice(second)
    workplace.send(first)
    workplace.send(second)
    assert len(mails(workplace)) == 1


def test_who_cannot_be_mailed_is_shown_apart(workplace: Workplace) -> None:
    """No address: not preselected by e-mail, preselected by letter."""
    add_overdue(workplace, add_client(workplace, "Sans Adresse"), 20)
    for mode, preselected in (("e-mail", False), ("courrier", True)):
        campaign = plan(workplace, mode)
        with reading(workplace.database) as session:
            line = session.scalars(select(CampaignLine).where(CampaignLine.campaign_id == campaign.campaign_id)).one()
        assert line.preselected is preselected


def test_an_invoice_paid_since_the_table_was_shown_is_not_on_the_letter(workplace: Workplace) -> None:
    """Balances are read again when the reminder is composed, and what was dropped was not reminded of."""
    client = add_client(workplace, "Garage Petit", "compta@garage.example")
    paid, owed = add_overdue(workplace, client, 20), add_overdue(workplace, client, 15)
    campaign = plan(workplace)
    store_reminder_choice(campaign)
    pay(workplace, paid)
    workplace.send(campaign)
    [mail] = mails(workplace)
    body = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert owed in body
    assert paid not in body
    with reading(workplace.database) as session:
        dropped = dict(session.execute(select(Invoice.number, ReminderLine.dropped).join(Invoice)).tuples().all())
    assert dropped == {paid: "paid", owed: ""}


def test_a_client_with_nothing_left_to_pay_gets_nothing(workplace: Workplace) -> None:
    """The delivery is withdrawn, and says why."""
    client = add_client(workplace, "Garage Petit", "compta@garage.example")
    number = add_overdue(workplace, client, 20)
    campaign = plan(workplace)
    store_reminder_choice(campaign)
    pay(workplace, number)
    assert workplace.send(campaign) == ["Retiré"]
    assert mails(workplace) == []
    [delivery] = workplace.deliveries()
    assert delivery.state is DeliveryState.WITHDRAWN or delivery.state == "withdrawn"
    assert "plus rien à réclamer" in delivery.note


def test_clients_and_single_invoices_can_be_left_out(workplace: Workplace) -> None:
    """What a person left out is not sent, and is excluded with that reason."""
    garage = add_client(workplace, "Garage Petit", "compta@garage.example")
    kept, left_out = add_overdue(workplace, garage, 20), add_overdue(workplace, garage, 15)
    other = add_overdue(workplace, add_client(workplace, "Mairie", "mairie@example.org"), 20)
    campaign = plan(workplace)
    with reading(workplace.database) as session:
        documents = dict(
            session.execute(
                select(CampaignLine.shown["name"].as_string(), CampaignLine.document_id).where(
                    CampaignLine.campaign_id == campaign.campaign_id
                )
            )
            .tuples()
            .all()
        )
        invoice = session.scalars(select(Invoice.id).where(Invoice.number == left_out)).one()
    choice = ReminderChoice({documents["Garage Petit"]: Channel.EMAIL}, frozenset({invoice}), "ML")
    store_reminder_choice(campaign, choice)
    assert workplace.send(campaign) == ["Envoyé"]
    found = overdue(workplace)
    assert found[kept].coverage is Coverage.MAILED
    assert {(found[n].coverage, found[n].reason) for n in (left_out, other)} == {(Coverage.EXCLUDED, "deselected")}


def test_every_overdue_invoice_is_in_one_class(workplace: Workplace) -> None:
    """Disputed, suspended, too small, too young, without address, refused: each says where it stands."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 unknown", recipient="parti@*"))
    good = add_client(workplace, "Bon Client", "bon@example.org")
    expected = {
        add_overdue(workplace, good, 20): (Coverage.MAILED, ""),
        add_overdue(workplace, good, 20, disputed=True): (Coverage.EXCLUDED, "disputed"),
        add_overdue(workplace, good, 20, balance="2.00"): (Coverage.EXCLUDED, "below-minimum"),
        add_overdue(workplace, good, 3): (Coverage.EXCLUDED, "too-soon"),
        add_overdue(workplace, add_client(workplace, "Suspendu", "s@example.org", suspended_until=TODAY), 20): (
            Coverage.EXCLUDED,
            "suspended",
        ),
        add_overdue(workplace, add_client(workplace, "Sans Adresse"), 20): (Coverage.WAITING, ""),
        add_overdue(workplace, add_client(workplace, "Parti", "parti@example.org"), 20): (Coverage.FAILED, ""),
    }
    remind(workplace)
    found = overdue(workplace)
    assert {number: (s.coverage, s.reason) for number, s in found.items()} == expected


def test_a_refused_address_is_not_preselected_again_until_it_changes(workplace: Workplace) -> None:
    """Mailing it once more would be refused once more: it is offered for print."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 unknown", recipient="parti@*"))
    code = add_client(workplace, "Parti", "parti@example.org")
    add_overdue(workplace, code, 20)
    assert remind(workplace) == ["Refusé"]
    assert remind(workplace) == []
    with writing(workplace.database) as session:
        session.execute(update(Client).where(Client.code == code).values(email="revenu@example.org"))
    assert remind(workplace) == ["Envoyé"]


def test_a_level_is_reached_one_step_at_a_time(workplace: Workplace) -> None:
    """After the first reminder the second comes with its interval, however long the invoice is overdue."""
    number = add_overdue(workplace, add_client(workplace, "Garage", "g@example.org"), 200)
    remind(workplace)
    today = utc_now().date()
    assert overdue(workplace, today + timedelta(days=14))[number].due is NotDue.RECENT
    assert overdue(workplace, today + timedelta(days=16))[number].due == 2


def test_a_trial_goes_to_one_address_and_reminds_nobody(workplace: Workplace) -> None:
    """The real run afterwards still finds everybody due."""
    number = add_overdue(workplace, add_client(workplace, "Garage", "g@example.org"), 20)
    assert remind(workplace, redirect="essai@example.org") == ["Envoyé"]
    [mail] = mails(workplace)
    assert mail["to"].addresses[0].addr_spec == "essai@example.org"  # type: ignore[index]
    assert str(mail["subject"]).startswith("[TEST] ")  # type: ignore[index]
    assert overdue(workplace)[number].due == 1
    assert remind(workplace) == ["Envoyé"]


def test_without_room_for_the_copies_the_letter_goes_alone(workplace: Workplace) -> None:
    """The relay's SIZE is kept, and the delivery says what was left out."""
    workplace.relay.script(size=60_000)
    client = add_client(workplace, "Garage", "g@example.org")
    for _ in range(4):
        add_overdue(workplace, client, 20)
    assert remind(workplace) == ["Envoyé"]
    [mail] = mails(workplace)
    assert len(list(mail.iter_attachments())) == 1  # type: ignore[attr-defined]
    [delivery] = workplace.deliveries()
    assert "sans les copies" in delivery.note


def test_only_professionals_read_of_penalties(workplace: Workplace) -> None:
    """A consumer owes neither penalties nor the 40 euros: nothing that is sent names them."""
    add_overdue(workplace, add_client(workplace, "Pro", "pro@example.org"), 20)
    add_overdue(workplace, add_client(workplace, "Perso", "perso@example.org", kind=ClientKind.CONSUMER), 20)
    remind(workplace)
    said = {}
    for mail in mails(workplace):
        letter = next(mail.iter_attachments()).get_content()  # type: ignore[attr-defined]
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(letter)).pages)
        whole = text + mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()  # type: ignore[attr-defined]
        said[mail["to"].addresses[0].addr_spec] = "L441-10" in whole.replace("\xa0", "").replace(" ", "")  # type: ignore[index]
    assert said == {"pro@example.org": True, "perso@example.org": False}


@pytest.mark.parametrize(("days", "stale"), [(0, False), (6, False), (7, True), (30, True)])
def test_balances_are_fresh_for_so_many_days(workplace: Workplace, days: int, stale: bool) -> None:
    """The sentence says of when they are."""
    note_import(workplace, days)
    assert bool(stale_balances(())) is stale


def test_balances_that_were_never_imported_are_not_fresh(workplace: Workplace) -> None:
    """An empty history is no excuse."""
    assert "jamais" in stale_balances(())
