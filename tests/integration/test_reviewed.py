"""What a result page says of the review, on both databases: who, what was taken out or added, what changed since."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select, update

from models.database.session import writing
from models.tables.invoice import Invoice
from models.tables.people import Resident
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from tasks.monthly.choosing import Choice
from tasks.monthly.shown import read_shown_lines
from tasks.pages.campaign import campaign_page
from tasks.pages.facts import read_facts
from tasks.pages.reviewed import read_review
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.shown import read_shown_reminders
from tests.reminders_workplace import add_client, add_overdue, pay, plan
from tests.workplace import Workplace


def documents(campaign: CampaignReference) -> dict[str, int]:
    """The documents of a campaign by the family name of who gets them."""
    return {line.label.partition(" ")[0]: line.document_id for line in read_shown_lines(campaign)}


def change(workplace: Workplace, name: str, **values: object) -> None:
    with writing(workplace.database) as session:
        session.execute(update(Resident).where(Resident.last_name == name).values(**values))


def page(workplace: Workplace, campaign: CampaignReference) -> str:
    # A trial's page needs no links; the review is the same.
    return campaign_page(read_facts(campaign, workplace.stops), "la phrase", None, read_review(campaign))


def test_who_reviewed_and_what_was_taken_out_and_added_is_named(workplace: Workplace) -> None:
    """By name and number, with the reason of what leaves again."""
    sent, out = workplace.add_resident("Aubert", "a@example.org"), ""
    workplace.run()
    out = workplace.add_resident("Blanc", "b@example.org")
    workplace.add_resident("Caron", "c@example.org")
    campaign = workplace.plan()
    found = documents(campaign)
    workplace.choose(campaign, Choice(frozenset({found["AUBERT"], found["CARON"]}), "ML", "perdue", form=1))
    review = read_review(campaign)
    assert review.by == "ML"
    assert review.at
    assert review.removed == (f"BLANC Alix · {out}",)
    assert review.added == (f"AUBERT Alix · {sent}",)
    assert review.reason == "perdue"
    assert review.changed == []


def test_an_unattended_campaign_says_so(workplace: Workplace) -> None:
    """Nobody took anything out."""
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan(redirect="essai@example.org")
    assert (read_review(campaign).at, "Relu par" in page(workplace, campaign)) == ("", False)
    workplace.choose(campaign)
    change(workplace, "Aubert", email="new@example.org")
    assert read_review(campaign).changed == []
    assert "Sans relecture, le " in page(workplace, campaign)


def test_what_changed_after_the_choice_is_named_with_old_and_new(workplace: Workplace) -> None:
    """But for an address that has had its mail as it was shown."""
    first = workplace.add_resident("Aubert", "a@example.org")
    second = workplace.add_resident("Blanc", "b@example.org", "tuteur@example.org")
    third = workplace.add_resident("Caron", "c@example.org")
    campaign = workplace.plan(redirect="essai@example.org")
    workplace.choose(campaign, Choice(frozenset(documents(campaign).values()), "ML", form=1))
    change(workplace, "Blanc", email="new@example.org")
    with writing(workplace.database) as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == third)).one()
        invoice.total_excl_tax = invoice.total_incl_tax = invoice.lines[0].amount = Decimal("250.00")
    workplace.send(campaign)
    change(workplace, "Aubert", email="later@example.org")
    change(workplace, "Blanc", email="latest@example.org")
    changed = {row["number"]: row["changes"] for row in read_review(campaign).changed}
    assert first not in changed
    assert changed[second] == ["adresse du résident : b@example.org → latest@example.org"]
    assert [str(words).replace("\u00a0", " ") for words in changed[third]] == ["montant HT : 100,00 € → 250,00 €"]  # type: ignore[attr-defined]
    text = page(workplace, campaign)
    assert "Relu par **ML**, le " in text
    assert "Rien n'a été retiré ni ajouté." in text
    assert "### Changé depuis la relecture (2)" in text


def test_the_review_of_reminders_names_clients_and_invoices(workplace: Workplace) -> None:
    """Letters are on a page of their own: only what was added by mail is named."""
    garage = add_client(workplace, "Garage", "garage@example.org")
    kept, left = add_overdue(workplace, garage, 20), add_overdue(workplace, garage, 18)
    add_overdue(workplace, add_client(workplace, "Mairie", "mairie@example.org"), 20)
    add_overdue(workplace, add_client(workplace, "Port"), 20)
    campaign = plan(workplace)
    shown = {line.label.split()[0]: line for line in read_shown_reminders(campaign)}
    (left_out,) = [i.invoice_id for i in shown["Garage"].invoices if left in i.label]
    channels = {shown["Garage"].document_id: Channel.EMAIL, shown["Port"].document_id: Channel.LETTER}
    store_reminder_choice(campaign, ReminderChoice(channels, frozenset({left_out}), "ML", form=1))
    pay(workplace, left)
    pay(workplace, kept, "50.00")
    review = read_review(campaign)
    assert [name.partition(" · ")[0] for name in review.removed] == ["Mairie"]
    assert review.added == ()
    assert review.left_out == (f"Garage · {left}",)
    assert [str(row["changes"]).replace("\\xa0", " ") for row in review.changed] == [
        f"['à réclamer sur {kept} : 120,00 € → 50,00 €']"
    ]
