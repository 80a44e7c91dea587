"""Printing reminders on both databases: who was chosen as a letter or got no mail, once, with what is owed today."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.rules.reminders import NotDue
from models.tables.campaign import Campaign, CampaignLine
from models.tables.document import Printing
from models.tables.invoice import Invoice
from models.tables.organisation import Structure, Wording
from models.tables.people import Client
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import CampaignReference
from models.values.ending import Ending
from models.values.kinds import Channel, ClientKind
from models.values.moments import PARIS
from tasks.printing.batch import What
from tasks.printing.once import print_again
from tasks.printing.reminders import print_reminders
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.printing import print_campaign
from tests.integration.test_printing import files, pages
from tests.reminders_workplace import TODAY, add_client, add_overdue, overdue, pay, plan, remind
from tests.smtp_server.script import How, Moment, Rule
from tests.unit.documents.papers import runs
from tests.workplace import Workplace, add_structure

EVERYTHING_TO_PRINT: What = "tout ce qui doit être imprimé"
EVERYTHING: What = "tout, même déjà envoyé ou imprimé"

# Ends a run at the moment when its file has its name, and the ledger knows nothing of it.
KILLED_AFTER_NAMING = """
import os, sys
from models.tables.campaign import Campaign
from models.database.session import reading
from settings.load import load_settings
from tasks.campaigns.stored import refer_to
from tasks.reminders.printing import print_campaign

settings = load_settings()
with reading(settings.database) as session:
    campaign = refer_to(session.get_one(Campaign, int(sys.argv[1])))

def kill(event, arguments):
    if event == "open" and str(arguments[0]) == str(settings.prints) and list(settings.prints.glob("courriers-*.pdf")):
        os._exit(9)

sys.addaudithook(kill)
print_campaign(campaign)
"""


def edit(what: What = EVERYTHING_TO_PRINT, *only: str, structures: tuple[str, ...] = ()) -> Ending:
    return print_reminders(str(uuid4()), structures, what, only)


def choose_letters(workplace: Workplace, choice: ReminderChoice | None = None) -> CampaignReference:
    """A campaign of letters, chosen and not printed yet."""
    campaign = plan(workplace, "courrier")
    store_reminder_choice(campaign, choice)
    return campaign


def printed(outcome: Ending | None) -> Ending:
    assert outcome is not None
    return outcome


def letters(file: Path) -> list[str]:
    """The invoices that each page after the cover names; empty for a blank page."""
    found = [page for page in pages(file) if "Page de garde" not in page]
    assert "Page de garde" in pages(file)[0]
    return [" ".join(dict.fromkeys(re.findall(r"V-[0-9a-f]{8}", page))) for page in found[len(found) % 2 :]]


def printings(workplace: Workplace) -> list[tuple[int, datetime, str, str]]:
    with reading(workplace.database) as session:
        rows = session.scalars(select(Printing).order_by(Printing.id))
        return [(row.document_id, row.printed_at, row.file_name, row.flow_run_id) for row in rows]


def dropped(workplace: Workplace) -> dict[str, str]:
    """Why each invoice is not on its reminder; empty when it is."""
    with reading(workplace.database) as session:
        return dict(session.execute(select(Invoice.number, ReminderLine.dropped).join(Invoice)).tuples().all())


def documents(workplace: Workplace) -> dict[str, int]:
    """The document of each client's only reminder, by the client's name."""
    with reading(workplace.database) as session:
        query = select(Client.name, Reminder.document_id).join(Reminder, Reminder.client_id == Client.id)
        return dict(session.execute(query).tuples().all())


def forbid_consumer_terms(workplace: Workplace, body: str) -> None:
    """Give the structure a text for its first reminders."""
    with writing(workplace.database) as session:
        structure = session.scalars(select(Structure)).first()
        assert structure is not None
        session.execute(delete(Wording))
        session.add(Wording(structure_id=structure.id, kind="reminder-1", subject="", body=body))


def test_the_chosen_letters_are_printed_by_structure_and_name_and_stand_as_printed(workplace: Workplace) -> None:
    """Each on a front page; who gets an e-mail in the same campaign is not in the file."""
    add_structure(workplace.database, "ACACIAS")
    zola, etienne, mailed = (add_client(workplace, name, "c@example.org") for name in ("Zola", "Étienne", "Mairie"))
    caron = add_client(workplace, "Caron", structure="ACACIAS")
    by_letter = [add_overdue(workplace, client, 20) for client in (caron, etienne, zola)]
    by_mail = add_overdue(workplace, mailed, 20)
    campaign = plan(workplace)
    of = documents(workplace)
    channels = {of[name]: Channel.LETTER for name in ("Zola", "Étienne", "Caron")} | {of["Mairie"]: Channel.EMAIL}
    store_reminder_choice(campaign, ReminderChoice(channels))
    before = overdue(workplace)[by_letter[0]]
    assert (before.coverage, before.due) == (Coverage.WAITING, NotDue.UNDER_WAY)
    outcome = printed(print_campaign(campaign))
    (file,) = files()
    assert outcome.sentence == f"3 courriers pour 2 structures : {file}, 8 pages."
    assert not outcome.failed
    assert re.fullmatch(r"courriers-relances-\d{4}-\d\d-\d\d-\d{4}\.pdf", file.name)
    assert letters(file) == [by_letter[0], "", by_letter[1], "", by_letter[2], ""]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert "Relances du 15/11/2024" in pages(file)[0]
    standings = overdue(workplace)
    assert [standings[number].coverage for number in by_letter] == [Coverage.PRINTED] * 3
    assert standings[by_mail].coverage is Coverage.WAITING
    reminded = standings[by_letter[0]]
    assert (reminded.level_reached, reminded.reminded_on) == (1, datetime.now(PARIS).date())
    assert reminded.last
    assert reminded.last.printed_at == printings(workplace)[0][1]
    assert workplace.send(campaign) == ["Envoyé"]


def test_the_page_says_what_the_file_holds(workplace: Workplace) -> None:
    """Structure, client, reminder and date; who has no postal address; which last day to pay was already over."""
    garage, mairie = add_client(workplace, "Garage | Petit"), add_client(workplace, "Mairie")
    for client in (garage, mairie):
        add_overdue(workplace, client, 20)
    with writing(workplace.database) as session:
        session.execute(update(Client).where(Client.code == mairie).values(street="", postcode="", city=""))
    outcome = printed(print_campaign(choose_letters(workplace)))
    printed_at = printings(workplace)[0][1].astimezone(PARIS)
    assert outcome.key == f"6-courriers-relances-{printed_at:%Y-%m-%d}"
    assert outcome.page.splitlines()[2] == "## Relances du 15/11/2024 : courriers à imprimer"  # after "Page du …"
    assert f"| EHPAD Tilleuls (TILLEULS) | Garage \\| Petit | relance 1 · {garage} |" in outcome.page
    assert f"Date d'édition : {printed_at:%d/%m/%Y à %H:%M}." in outcome.page
    unaddressed = outcome.page.partition("**Sans adresse postale**")[2].partition("**Date limite passée**")
    assert mairie in unaddressed[0]
    assert garage not in unaddressed[0]
    assert "à régler au plus tard le" in unaddressed[2]
    assert "facture" not in outcome.page.lower()


def test_the_address_lies_in_the_window_of_the_envelope(workplace: Workplace) -> None:
    """110 to 200 mm from the left, 45 to 80 mm from the top of the letter's first page."""
    add_overdue(workplace, add_client(workplace, "Garage Petit"), 20)
    print_campaign(choose_letters(workplace))
    (file,) = files()
    page = runs(file.read_bytes())[2]
    shown = [run for run in page if run.right > 110 and run.bottom > 45 and run.top < 80]
    assert [run.text for run in shown] == ["Garage Petit", "1 rue du Port", "44000 Nantes"]
    assert all(run.left >= 110 and run.right <= 200 and run.top >= 45 and run.bottom <= 80 for run in shown)


def test_what_was_paid_since_the_choice_is_not_claimed(workplace: Workplace) -> None:
    """An invoice is dropped from its letter; a client with nothing left gets none, and is named."""
    garage, mairie, ecole = (add_client(workplace, name) for name in ("Garage", "Mairie", "École"))
    paid, owed = add_overdue(workplace, garage, 20), add_overdue(workplace, garage, 15)
    gone, disputed = add_overdue(workplace, mairie, 20), add_overdue(workplace, ecole, 20)
    campaign = choose_letters(workplace)
    for number in (paid, gone):
        pay(workplace, number)
    with writing(workplace.database) as session:
        session.execute(update(Invoice).where(Invoice.number == disputed).values(disputed=True))
    outcome = printed(print_campaign(campaign))
    (file,) = files()
    assert letters(file) == [owed, ""]
    said = "2 clients n'ont plus rien à payer pour l'instant : École (en litige), Mairie (réglée)."
    assert outcome.sentence.endswith(said)
    assert "Mairie (réglée)" in outcome.page
    assert not outcome.failed
    assert dropped(workplace) == {paid: "paid", owed: "", gone: "paid", disputed: "disputed"}
    assert {number: s.coverage for number, s in overdue(workplace).items()} == {
        owed: Coverage.PRINTED,
        disputed: Coverage.EXCLUDED,
    }


def test_when_every_client_has_paid_no_file_is_made(workplace: Workplace) -> None:
    """The sentence says why, and what was not reminded of is noted."""
    number = add_overdue(workplace, add_client(workplace, "Garage"), 20)
    campaign = choose_letters(workplace)
    pay(workplace, number)
    assert print_campaign(campaign) == Ending(
        "Aucun courrier de cette campagne n'est plus à imprimer. "
        "1 client n'a plus rien à payer pour l'instant : Garage (réglée).",
    )
    assert files() == printings(workplace) == []
    assert dropped(workplace) == {number: "paid"}


def test_a_campaign_without_letters_and_a_trial_print_nothing(workplace: Workplace) -> None:
    """There is nothing to say of letters then."""
    add_overdue(workplace, add_client(workplace, "Garage", "g@example.org"), 20)
    trial = plan(workplace, redirect="essai@example.org")
    with reading(workplace.database) as session:
        document = session.scalars(
            select(CampaignLine.document_id).where(CampaignLine.campaign_id == trial.campaign_id)
        ).one()
    store_reminder_choice(trial, ReminderChoice({document: Channel.LETTER}))
    assert print_campaign(trial) is None
    mailed = plan(workplace)
    store_reminder_choice(mailed)
    assert print_campaign(mailed) is None
    assert files() == printings(workplace) == []


def test_a_run_that_is_started_again_makes_neither_file_nor_dates(workplace: Workplace) -> None:
    """It tells again what it had made, and another run finds nothing to print."""
    add_overdue(workplace, add_client(workplace, "Garage"), 20)
    campaign = choose_letters(workplace)
    outcome = print_campaign(campaign)
    before = printings(workplace)
    assert print_campaign(campaign) == outcome
    assert edit() == Ending("Aucune relance à imprimer.")
    assert printings(workplace) == before
    assert len(files()) == 1


def test_a_run_that_was_killed_before_it_noted_the_dates_leaves_one_file(workplace: Workplace) -> None:
    """What it had written is unknown to the ledger: its Retry puts the file that is noted in its place."""
    client = add_client(workplace, "Garage")
    paid, owed = add_overdue(workplace, client, 20), add_overdue(workplace, client, 15)
    campaign = choose_letters(workplace)
    pay(workplace, paid)
    command = [sys.executable, "-c", KILLED_AFTER_NAMING, str(campaign.campaign_id)]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    assert len(files()) == 1
    assert printings(workplace) == []
    assert dropped(workplace) == {paid: "", owed: ""}
    outcome = printed(print_campaign(campaign))
    (file,) = files()
    assert str(file) in outcome.sentence
    assert letters(file) == [owed, ""]
    with reading(workplace.database) as session:
        run = session.get_one(Campaign, campaign.campaign_id).flow_run_id
    assert [row[2:] for row in printings(workplace)] == [(file.name, run)]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert dropped(workplace) == {paid: "paid", owed: ""}


def test_two_runs_at_the_same_time_print_a_letter_once(workplace: Workplace) -> None:
    """The second one waits for the first, and then has nothing to print."""
    for name in ("Aubert", "Blanc", "Caron"):
        add_overdue(workplace, add_client(workplace, name), 20)
    choose_letters(workplace)
    with ThreadPoolExecutor() as threads:
        outcomes = list(threads.map(lambda _: edit(), range(4)))
    assert [outcome.sentence for outcome in outcomes].count("Aucune relance à imprimer.") == 3
    assert len(files()) == 1
    assert len(printings(workplace)) == 3


def test_letters_that_a_dead_run_left_can_be_printed_without_it(workplace: Workplace) -> None:
    """When it is started again after all, it finds nothing more to print."""
    number = add_overdue(workplace, add_client(workplace, "Garage"), 20)
    campaign = choose_letters(workplace)
    edit()
    assert print_campaign(campaign) == Ending("Aucun courrier de cette campagne n'est plus à imprimer.")
    (file,) = files()
    assert letters(file) == [number, ""]


def remind_each_way(workplace: Workplace) -> dict[str, str]:
    """One invoice for each way a reminder can end, by number; "unreminded" has no reminder at all."""
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="failed@*"),
        Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="uncertain@*"),
    )
    names = ("failed", "letter", "mailed", "uncertain", "unreminded")
    numbers = {add_overdue(workplace, add_client(workplace, n, f"{n}@example.org"), 20): n for n in names}
    campaign = plan(workplace)
    of = documents(workplace)
    channels = {of[name]: Channel.EMAIL for name in ("failed", "mailed", "uncertain")}
    store_reminder_choice(campaign, ReminderChoice(channels | {of["letter"]: Channel.LETTER}))
    workplace.send(campaign)
    return numbers


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param(EVERYTHING_TO_PRINT, ["failed", "letter"], id="default"),
        pytest.param("sans adresse ou papier demandé", ["letter"], id="letters"),
        pytest.param("en échec", ["failed"], id="failed"),
        pytest.param(EVERYTHING, ["failed", "letter", "mailed", "uncertain"], id="everything"),
    ],
)
def test_each_choice_prints_its_own_reminders(workplace: Workplace, what: What, expected: list[str]) -> None:
    """An uncertain reminder may have arrived: it is printed only when everything was asked for."""
    numbers = remind_each_way(workplace)
    edit(what)
    (file,) = files()
    assert [numbers[number] for number in letters(file) if number] == expected
    standings = {name: overdue(workplace)[number].coverage for number, name in numbers.items()}
    assert standings["failed"] is (Coverage.PRINTED if "failed" in expected else Coverage.FAILED)
    assert standings["letter"] is (Coverage.PRINTED if "letter" in expected else Coverage.WAITING)
    assert (standings["mailed"], standings["uncertain"]) == (Coverage.MAILED, Coverage.UNCERTAIN)


def test_a_refused_reminder_that_was_printed_counts_as_a_reminder(workplace: Workplace) -> None:
    """The next campaign does not remind of it at the same level again, and no other run prints it."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="parti@*"))
    number = add_overdue(workplace, add_client(workplace, "Garage", "parti@example.org"), 20)
    assert remind(workplace) == ["Refusé"]
    assert overdue(workplace)[number].level_reached == 0
    edit()
    standing = overdue(workplace)[number]
    assert (standing.coverage, standing.level_reached, standing.due) == (Coverage.PRINTED, 1, NotDue.RECENT)
    assert edit() == Ending("Aucune relance à imprimer.")


def test_a_failed_reminder_that_a_later_one_replaced_is_never_printed(workplace: Workplace) -> None:
    """Only the last reminder of an invoice counts."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="parti@*"))
    client = add_client(workplace, "Garage", "parti@example.org")
    number = add_overdue(workplace, client, 20)
    remind(workplace)
    first = documents(workplace)["Garage"]
    with writing(workplace.database) as session:
        session.execute(update(Client).values(email="nouveau@example.org"))
    assert remind(workplace) == ["Envoyé"]
    assert edit() == Ending("Aucune relance à imprimer.")
    edit(EVERYTHING)
    (file,) = files()
    assert letters(file) == [number, ""]
    assert first not in {row[0] for row in printings(workplace)}


def test_a_failed_reminder_that_was_replaced_for_one_of_its_invoices_is_named(workplace: Workplace) -> None:
    """Its paper would claim that invoice a second time; what it alone claims is still due for a campaign."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="parti@*"))
    client = add_client(workplace, "Garage", "parti@example.org")
    again, alone = add_overdue(workplace, client, 20), add_overdue(workplace, client, 15)
    remind(workplace)
    with writing(workplace.database) as session:
        session.execute(update(Client).values(email="nouveau@example.org"))
        invoice = session.scalars(select(Invoice.id).where(Invoice.number == alone)).one()
    campaign = plan(workplace)
    with reading(workplace.database) as session:
        document = session.scalars(
            select(CampaignLine.document_id).where(CampaignLine.campaign_id == campaign.campaign_id)
        ).one()
    store_reminder_choice(campaign, ReminderChoice({document: Channel.EMAIL}, frozenset({invoice})))
    assert workplace.send(campaign) == ["Envoyé"]
    outcome = edit()
    assert outcome.failed
    assert f"À imprimer encore : relance 1 · {client} (Garage). Une relance plus récente" in outcome.sentence
    assert files() == printings(workplace) == []
    assert (overdue(workplace)[again].coverage, overdue(workplace)[alone].due) == (Coverage.MAILED, 1)


def test_exactly_the_named_reminders_are_printed_whatever_their_class(workplace: Workplace) -> None:
    """By client code, client name or invoice number; accents and case do not matter."""
    numbers = {name: number for number, name in remind_each_way(workplace).items()}
    with reading(workplace.database) as session:
        code = session.scalars(select(Client.code).where(Client.name == "mailed")).one()
    edit(EVERYTHING_TO_PRINT, code.lower(), "Uncertain", numbers["mailed"])
    (file,) = files()
    assert letters(file) == [numbers["mailed"], "", numbers["uncertain"], ""]


def test_what_a_selection_does_not_find_is_named_and_nothing_is_printed(workplace: Workplace) -> None:
    """Neither an unknown number nor a client without any reminder has a letter; a name that two clients bear is not
    guessed."""
    numbers = {name: number for number, name in remind_each_way(workplace).items()}
    outcome = edit(EVERYTHING_TO_PRINT, "letter", "X-99", numbers["unreminded"])
    assert outcome == Ending(
        "Introuvable parmi les clients et les factures échues qui ont une relance : "
        f"X-99, {numbers['unreminded']}. Rien n'a été imprimé.",
        failed=True,
    )
    add_overdue(workplace, add_client(workplace, "LETTER"), 20)
    remind(workplace, "courrier")
    outcome = edit(EVERYTHING_TO_PRINT, "letter")
    assert outcome.failed
    assert outcome.sentence.startswith("« letter » peut désigner plusieurs documents : ")
    assert files() == printings(workplace) == []


def test_only_the_structures_that_were_asked_for(workplace: Workplace) -> None:
    """The others still wait."""
    add_structure(workplace.database, "ACACIAS")
    other = add_overdue(workplace, add_client(workplace, "Aubert"), 20)
    caron = add_overdue(workplace, add_client(workplace, "Caron", structure="ACACIAS"), 20)
    choose_letters(workplace)
    edit(structures=("ACACIAS",))
    (file,) = files()
    assert letters(file) == [caron, ""]
    assert overdue(workplace)[other].coverage is Coverage.WAITING


def test_a_lost_file_is_made_again_without_changing_the_ledger(workplace: Workplace) -> None:
    """The same pages; what was paid since is not claimed again, and the ledger keeps that it was claimed."""
    garage, mairie = add_client(workplace, "Garage"), add_client(workplace, "Mairie")
    first, second = add_overdue(workplace, garage, 20), add_overdue(workplace, garage, 15)
    third = add_overdue(workplace, mairie, 20)
    print_campaign(choose_letters(workplace))
    (file,) = files()
    content, before = pages(file), printings(workplace)
    assert "existe toujours" in print_again(file.name).sentence
    file.unlink()
    assert print_again(file.name).sentence.startswith("2 courriers pour 1 structure")
    assert pages(file) == content
    file.unlink()
    pay(workplace, first)
    pay(workplace, third)
    outcome = print_again(file.name)
    assert "refait avec les données d'aujourd'hui" in outcome.sentence
    assert "1 client n'a plus rien à payer pour l'instant : Mairie (réglée)." in outcome.sentence
    assert not outcome.failed
    assert letters(file) == [second, ""]
    assert printings(workplace) == before
    assert dropped(workplace) == {first: "", second: "", third: ""}


def test_a_reminder_that_has_left_keeps_what_it_was_about_when_it_is_printed_too(workplace: Workplace) -> None:
    """A copy on paper, after one of its invoices was disputed, does not undo that the mail claimed it."""
    client = add_client(workplace, "Garage", "g@example.org")
    disputed, owed = add_overdue(workplace, client, 20), add_overdue(workplace, client, 15)
    remind(workplace)
    with writing(workplace.database) as session:
        session.execute(update(Invoice).where(Invoice.number == disputed).values(disputed=True))
    edit(EVERYTHING)
    (file,) = files()
    assert letters(file) == [owed, ""]
    assert dropped(workplace) == {disputed: "", owed: ""}
    assert overdue(workplace)[disputed].level_reached == 1


def test_a_text_that_a_consumer_must_not_read_leaves_his_letter_out(workplace: Workplace) -> None:
    """The others are printed, the run is red, its Retry too, until the text is corrected and the letter printed."""
    forbid_consumer_terms(workplace, "Vous devez &montant_du, et 40 euros d'indemnité forfaitaire.")
    private = add_client(workplace, "Mme Durand", kind=ClientKind.CONSUMER)
    consumer = add_overdue(workplace, private, 20)
    professional = add_overdue(workplace, add_client(workplace, "Garage"), 20)
    campaign = choose_letters(workplace)
    outcome = printed(print_campaign(campaign))
    (file,) = files()
    assert letters(file) == [professional, ""]
    assert outcome.failed
    assert f"À imprimer encore : relance 1 · {private} (Mme Durand). Pour EHPAD Tilleuls" in outcome.sentence
    assert "mais le client est un particulier" in outcome.sentence
    assert overdue(workplace)[consumer].coverage is Coverage.WAITING
    again = printed(print_campaign(campaign))
    assert again.failed
    assert f"À imprimer encore : relance 1 · {private} (Mme Durand)." in again.sentence
    forbid_consumer_terms(workplace, "Vous devez &montant_du.")
    assert not edit().failed
    assert overdue(workplace)[consumer].coverage is Coverage.PRINTED
    assert not printed(print_campaign(campaign)).failed
    assert len(files()) == 2


def test_the_date_of_printing_is_the_day_of_the_reminder(workplace: Workplace) -> None:
    """The delay until the next level counts from it, not from the day the campaign was about."""
    number = add_overdue(workplace, add_client(workplace, "Garage"), 60)
    began = datetime.now(UTC)
    print_campaign(choose_letters(workplace))
    standing = overdue(workplace)[number]
    assert standing.reminded_on == began.astimezone(PARIS).date() != TODAY
