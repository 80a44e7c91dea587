"""What is older than it may be kept goes, the proof and what waits stay: on both databases, with real files."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.decision import Decision
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.values.kinds import Settlement
from settings.load import load_settings
from settings.retention import RetentionSettings
from tasks.campaigns.requests import Scope
from tasks.composing import archive
from tasks.follow_up.settling import Answer, resends, store_answer
from tasks.follow_up.uncertain import ask_about
from tasks.printing.invoices import print_letters
from tasks.printing.once import print_again
from tasks.purging.archived import find_archived
from tasks.purging.limits import Limits, months_before
from tasks.purging.purge import purge
from tests.integration.test_settling import mail
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace

pytestmark = pytest.mark.usefixtures("prefect_server")

S = DeliveryState
NOTHING = "Rien n'est plus ancien que les durées de conservation."
LOST = Rule(Moment.FINAL, how=How.DROP, stored=True)

# Ends a purge when it has removed its first file.
KILLED_AFTER_THE_FIRST_FILE = """
import os, sys
from tasks.purging.purge import purge
from tasks.purging.archived import find_archived

def kill(event, arguments):
    if event == "os.remove" and "/archive/" in str(arguments[0]):
        removed.append(arguments[0])
        if len(removed) > 1:
            os._exit(9)

removed = []
sys.addaudithook(kill)
purge(apply=True)
"""


def months_ago(months: int) -> datetime:
    return months_before(utc_now(), months)


def age(workplace: Workplace, months: int, *deliveries: int) -> None:
    """Let everything about these deliveries (all when none is named) have happened so many months ago."""
    then = months_ago(months)
    with writing(workplace.database) as session:
        wanted = deliveries or session.scalars(select(Delivery.id)).all()
        session.execute(update(Delivery).where(Delivery.id.in_(wanted)).values(changed_at=then))
        session.execute(update(Attempt).where(Attempt.delivery_id.in_(wanted)).values(started_at=then))


def sent(workplace: Workplace, *names: str) -> list[Delivery]:
    """Invoices that were accepted, each by one address."""
    for name in names:
        workplace.add_resident(name, f"{name.lower()}@example.org")
    assert set(workplace.run()) == {"Envoyé"}
    return workplace.deliveries()


def path(key: str) -> Path:
    return load_settings().archive / key[:2] / key


def files() -> list[str]:
    return sorted(file.name for file in load_settings().archive.rglob("*") if file.is_file())


def attempts(workplace: Workplace) -> int:
    with reading(workplace.database) as session:
        return session.scalar(select(func.count()).select_from(Attempt)) or 0


def test_nothing_is_old_at_first(workplace: Workplace) -> None:
    """A fresh campaign loses nothing."""
    sent(workplace, "Aubert")
    before = files()
    assert purge(apply=True).sentence == NOTHING
    assert (files(), attempts(workplace)) == (before, 1)


def test_the_preview_shows_and_removes_nothing(workplace: Workplace) -> None:
    """Counts, size, oldest and newest date, class by class."""
    first, second = sent(workplace, "Aubert", "Blanc")
    age(workplace, 70, first.id)
    age(workplace, 25, second.id)
    before = files()
    found = purge(apply=False)
    assert found.sentence == (
        "À supprimer : 2 messages, 1 tentative. Rien n'a été supprimé : pour le faire, relancez avec « appliquer »."
    )
    size = sum(path(delivery.archive_key).stat().st_size for delivery in (first, second))
    row = next(line for line in found.page.splitlines() if line.startswith("| Messages envoyés"))
    dates = [f"{months_ago(months):%m/%Y}" for months in (70, 25)]
    assert f"| 24 mois | 2 | {size / 1e6:.1f} Mo |".replace(".", ",") in row
    assert row.index(dates[0]) < row.index(dates[1])
    assert (files(), attempts(workplace)) == (before, 2)


def test_old_messages_go_and_the_proof_stays(workplace: Workplace) -> None:
    """The row keeps its key, the Message-ID and its state; the coverage is the same; again finds nothing."""
    old, recent = sent(workplace, "Aubert", "Blanc")
    age(workplace, 25, old.id)
    coverage = [standing.coverage for standing in workplace.standings()]
    assert purge(apply=True).sentence == "Supprimé : 1 message."
    assert not path(old.archive_key).exists()
    assert path(recent.archive_key).exists()
    kept = workplace.deliveries()[0]
    assert (kept.archive_key, kept.message_id, kept.state) == (old.archive_key, old.message_id, S.ACCEPTED)
    assert [standing.coverage for standing in workplace.standings()] == coverage == [Coverage.MAILED] * 2
    assert purge(apply=True).sentence == NOTHING


def test_what_waits_or_is_uncertain_is_never_touched(workplace: Workplace) -> None:
    """However old: neither its bytes nor its attempts; the page says that they are held."""
    workplace.relay.script(
        Rule(Moment.RCPT, "451 4.2.2 full", recipient="aubert@*"),
        Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="blanc@*"),
    )
    for name in ("Aubert", "Blanc"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    assert sorted(map(str, workplace.run())) == ["Différé", "Incertain"]
    age(workplace, 200)
    before = files()
    assert len(before) == 2
    found = purge(apply=True)
    assert found.sentence == NOTHING
    assert (files(), attempts(workplace)) == (before, 2)
    for what in ("Messages envoyés", "Détail des tentatives"):
        assert next(line for line in found.page.splitlines() if line.startswith(f"| {what}")).endswith("| 2 |")


def test_a_resend_that_was_decided_keeps_its_bytes(workplace: Workplace) -> None:
    """It leaves after the purge, byte for byte; once it has left, it is like any other message."""
    workplace.relay.script(LOST)
    workplace.add_resident("Aubert", "aubert@example.org")
    assert workplace.run() == ["Incertain"]
    workplace.relay.script()
    (delivery,) = workplace.deliveries()
    run = str(uuid4())
    ask_about(run, PERIOD)
    store_answer(run, Answer("ML", "appel", {Settlement.RESEND: [delivery.id]}))
    age(workplace, 200)
    assert purge(apply=True).sentence == NOTHING
    assert mail(resends(run), run) == ["Envoyé"]
    first, second = workplace.relay.messages()
    assert first.content == second.content
    age(workplace, 200)
    assert purge(apply=True).sentence == "Supprimé : 1 message, 2 tentatives."
    with reading(workplace.database) as session:
        assert session.scalars(select(Decision.choice)).all() == [Settlement.RESEND]


def test_a_file_goes_with_the_last_thing_that_refers_to_it(workplace: Workplace) -> None:
    """The same bytes have one file: a recent delivery, or an invoice to be sent, keeps it."""
    old, recent = sent(workplace, "Aubert", "Blanc")
    with writing(workplace.database) as session:
        session.execute(update(Delivery).values(archive_key=old.archive_key))
    path(recent.archive_key).unlink()
    age(workplace, 25, old.id)
    assert purge(apply=True).sentence == NOTHING
    assert path(old.archive_key).exists()
    age(workplace, 25)
    number = workplace.add_resident("Cardin", "cardin@example.org")
    set_pdf(workplace, number, old.archive_key, date(2024, 9, 30))
    assert purge(apply=True).sentence == NOTHING
    assert path(old.archive_key).exists()
    set_pdf(workplace, number, "", date(2024, 9, 30))
    assert purge(apply=True).sentence == "Supprimé : 1 message."
    assert not path(old.archive_key).exists()


def set_pdf(workplace: Workplace, number: str, key: str, issued_on: date) -> None:
    with writing(workplace.database) as session:
        session.execute(update(Invoice).where(Invoice.number == number).values(pdf_key=key, issued_on=issued_on))


def a_pdf(workplace: Workplace, number: str, issued_on: date) -> str:
    """An imported PDF of an invoice, with content of its own; its key."""
    key = archive.put(load_settings().archive, f"%PDF {number}".encode())
    set_pdf(workplace, number, key, issued_on)
    return key


def test_an_imported_pdf_is_kept_for_ten_whole_years(workplace: Workplace) -> None:
    """From the end of the year of its invoice, and for as long as the invoice has not been sent or printed."""
    year = utc_now().year
    sent(workplace, "Aubert", "Blanc", "Cardin")
    aubert, blanc, cardin = (standing.number for standing in workplace.standings())
    dumas, etienne = workplace.add_resident("Dumas", "dumas@example.org"), workplace.add_resident("Etienne")
    old = date(year - 11, 12, 31)
    expired = a_pdf(workplace, aubert, old)
    still_kept = a_pdf(workplace, blanc, date(year - 10, 1, 1))
    recent = a_pdf(workplace, cardin, date(year, 1, 1))
    never_sent = a_pdf(workplace, dumas, old)
    printed = a_pdf(workplace, etienne, old)
    with writing(workplace.database) as session:
        invoice = session.scalars(select(Invoice.id).where(Invoice.number == etienne)).one()
        document = Document(kind="invoice", invoice_id=invoice)
        session.add(document)
        session.flush()
        session.add(Printing(document_id=document.id, version=1, printed_at=utc_now(), file_name="x.pdf"))
    found = purge(apply=True)
    assert found.sentence == "Supprimé : 2 PDF importés."
    assert next(line for line in found.page.splitlines() if line.startswith("| Factures imp")).endswith("| 1 |")
    assert [key for key in (expired, still_kept, recent, never_sent, printed) if path(key).exists()] == [
        still_kept,
        recent,
        never_sent,
    ]


@pytest.mark.parametrize("state", [S.REFUSED, S.ABANDONED, S.UNCERTAIN, S.DEFERRED, S.COMPOSED])
def test_the_pdf_of_an_invoice_that_reached_one_address_only_stays(workplace: Workplace, state: DeliveryState) -> None:
    """The guardian pays: what he did not get is not sent."""
    number = workplace.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    workplace.run()
    guardian = next(d.id for d in workplace.deliveries() if d.role == "guardian")
    with writing(workplace.database) as session:
        session.execute(update(Delivery).where(Delivery.id == guardian).values(state=state))
    key = a_pdf(workplace, number, date(2001, 1, 31))
    assert purge(apply=True).sentence == NOTHING
    assert path(key).exists()


def test_the_evidence_of_old_attempts_goes(workplace: Workplace) -> None:
    """The delivery keeps its last state, and every page can still be made."""
    old, recent = sent(workplace, "Aubert", "Blanc")
    age(workplace, 61, old.id)
    assert purge(apply=True).sentence == "Supprimé : 1 message, 1 tentative."
    assert attempts(workplace) == 1
    assert [standing.coverage for standing in workplace.standings()] == [Coverage.MAILED] * 2
    assert {d.delivery_id for s in workplace.standings() for d in s.deliveries if d.evidence} == {recent.id}


def test_old_print_files_go_and_can_be_made_again(workplace: Workplace) -> None:
    """What Facteur made, and what a killed run left; not what somebody else put there."""
    workplace.add_resident("Aubert")
    print_letters(str(uuid4()), Scope(PERIOD, ()), "tout ce qui doit être imprimé")
    folder = load_settings().prints
    (made,) = folder.glob("courriers-*.pdf")
    left, foreign = folder / f".courriers-{uuid4()}.pdf", folder / "mode d'emploi.pdf"
    book = folder / "anomalies-import-2024-10-02-1030.xlsx"
    for file in (left, foreign, book):
        file.write_bytes(b"%PDF")
    assert purge(apply=True).sentence == NOTHING
    then = months_ago(4).timestamp()
    for file in (made, left, foreign, book):
        os.utime(file, (then, then))
    assert purge(apply=True).sentence == "Supprimé : 3 fichiers à imprimer."
    assert list(folder.iterdir()) == [foreign]
    assert not print_again(made.name).failed
    assert made.exists()
    assert purge(apply=True).sentence == NOTHING


def test_old_logs_trials_and_the_example_go(workplace: Workplace) -> None:
    """The mailbox may hold whole invoices; a log that is being written stays, and so does what is recent."""
    var = load_settings().var.resolve()
    old = [var / "logs/worker.log.2", var / "mailbox/new/1.host", var / "mailbox/cur/2.host:2,S", var / "exemple/a.csv"]
    stay = [var / "logs/worker.log", var / "logs/worker.log.1", var / "mailbox/new/3.host", var / "facteur.db"]
    for path in (*old, *stay):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in (*old, stay[0]):
        then = months_ago(13).timestamp()
        os.utime(path, (then, then))
    assert purge(apply=False).sentence.startswith("À supprimer : 3 fichiers d'essai, 1 journal.")
    assert purge(apply=True).sentence == "Supprimé : 3 fichiers d'essai, 1 journal."
    assert [path for path in (*old, *stay) if path.exists()] == stay
    assert purge(apply=True).sentence == NOTHING


def test_archived_bytes_that_nothing_refers_to_go_when_they_are_old(workplace: Workplace) -> None:
    """What was composed and composed anew, or came with an import that was refused, is nobody's proof."""
    folder = load_settings().archive
    old, recent = (path(archive.put(folder, content)) for content in (b"old", b"recent"))
    then = months_ago(25).timestamp()
    os.utime(old, (then, then))
    assert purge(apply=True).sentence == "Supprimé : 1 fichier sans référence."
    assert (old.exists(), recent.exists()) == (False, True)


def test_a_purge_that_was_killed_is_simply_run_again(workplace: Workplace) -> None:
    """It ends where one that was not killed ends."""
    *old, recent = sent(workplace, "Aubert", "Blanc", "Cardin", "Dumas")
    age(workplace, 61, *(delivery.id for delivery in old))
    before = workplace.deliveries()
    killed = subprocess.run([sys.executable, "-c", KILLED_AFTER_THE_FIRST_FILE], cwd=Path.cwd(), env=environment())
    assert killed.returncode == 9
    assert len(files()) == 3
    assert attempts(workplace) == 4
    purge(apply=True)
    assert (files(), attempts(workplace)) == ([recent.archive_key], 1)
    assert [(d.id, d.state, d.archive_key) for d in workplace.deliveries()] == [
        (d.id, d.state, d.archive_key) for d in before
    ]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.parametrize(
    ("now", "months", "expected"),
    [
        pytest.param(datetime(2026, 11, 24, tzinfo=UTC), 24, datetime(2024, 11, 24, tzinfo=UTC), id="two years"),
        pytest.param(datetime(2026, 1, 15, tzinfo=UTC), 3, datetime(2025, 10, 15, tzinfo=UTC), id="over new year"),
        pytest.param(datetime(2026, 3, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC), id="no such day"),
        pytest.param(datetime(2026, 12, 1, tzinfo=UTC), 12, datetime(2025, 12, 1, tzinfo=UTC), id="december"),
    ],
)
def test_months_are_counted_as_people_do(now: datetime, months: int, expected: datetime) -> None:
    """The same day, some months earlier."""
    assert months_before(now, months) == expected


def test_the_year_of_an_accounting_document_is_counted_in_paris() -> None:
    """On 1 January 2026 in Paris, what was issued in 2015 may go."""
    midnight = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    assert Limits.of(RetentionSettings(), midnight).pdfs == date(2016, 1, 1)
    assert Limits.of(RetentionSettings(), midnight - timedelta(seconds=1)).pdfs == date(2015, 1, 1)


def test_what_came_to_use_after_it_was_found_stays(workplace: Workplace) -> None:
    """An import of the same bytes, while the purge is under way."""
    (old,) = sent(workplace, "Aubert")
    age(workplace, 25)
    found = find_archived(load_settings(), Limits.of(load_settings().retention, utc_now()))
    assert sum(expired.count for expired in found) == 1
    set_pdf(workplace, workplace.add_resident("Blanc"), old.archive_key, utc_now().date())
    for expired in found:
        expired.remove()
    assert path(old.archive_key).exists()
