"""The limits of an SMTP account over threads, processes and machines, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from models.database.clock import database_seconds
from models.database.session import reading_rows, writing_rows
from models.limits.places import has_connection, keep_up, leave, queue_up
from models.limits.quota import QuotaReached, sent_lately
from models.limits.turns import delay, take_turn
from models.rules.pacing import HOURS_COUNTED, TURN_GOOD_FOR_SECONDS
from models.rules.states import DeliveryState
from models.tables.relay_pace import RelayHour, RelayPace, RelayPlace
from models.values.relay import Relay
from settings.load import load_settings
from tasks.campaigns.remaining import remaining_documents
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.relays.account import Account
from tasks.relays.expected_end import planned_end, progress_words
from tasks.relays.finding import find_relays
from tests.smtp_server.script import Moment, Rule
from tests.workplace import Workplace, add_structure

ROOT = Path(__file__).parents[2]
TAKE_TURNS = """
import sys
import threading
from models.database.clock import database_seconds
from models.limits.turns import take_turn
from models.database.session import writing_rows
from sqlalchemy import select
for _ in range(45):
    with writing_rows(sys.argv[1]) as rows:
        wait = take_turn(rows, "account", 30, 0)
        print(rows.execute(select(database_seconds(rows))).scalar_one() + wait)
"""
MAIL_STRUCTURE = "import sys; from benchmarks.pacing import send; send(sys.argv[1])"
NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)  # 14 h 05 in Paris


def turn(database: str, rate: int, quota: int = 0) -> float | QuotaReached:
    with writing_rows(database) as rows:
        return take_turn(rows, "account", rate, quota)


def a_day_passes(database: str) -> None:
    with writing_rows(database) as rows:
        rows.execute(update(RelayHour).values(hour=RelayHour.hour - HOURS_COUNTED))


def test_turns_are_spaced_as_the_relay_allows(database_url: str) -> None:
    """30 a minute is one every two seconds, and a little more, whoever asks."""
    with writing_rows(database_url) as rows:
        waits = [take_turn(rows, "account", 30, 0) for _ in range(4)]
    assert [round(wait) for wait in waits if not isinstance(wait, QuotaReached)] == [0, 2, 4, 6]


def test_two_processes_never_put_more_turns_into_a_minute_than_are_permitted(database_url: str) -> None:
    """90 turns, taken by two processes at once: no minute holds more than 30."""
    command = [sys.executable, "-c", TAKE_TURNS, database_url]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    turns = sorted(float(line) for process in both for line in process.communicate()[0].splitlines())
    assert len(turns) == 90
    assert max(sum(start <= moment < start + 60 for moment in turns) for start in turns) == 30
    assert turns[-1] - turns[0] <= 89 * 2 / 0.97


def test_an_idle_account_saves_up_no_turns(database_url: str) -> None:
    """After a rest the turns are as far apart as ever."""
    turn(database_url, 30)
    with writing_rows(database_url) as rows:
        rows.execute(update(RelayPace).values(next_at=RelayPace.next_at - 3600))
    waits = [turn(database_url, 30) for _ in range(3)]
    assert [round(wait) for wait in waits if not isinstance(wait, QuotaReached)] == [0, 2, 4]


def test_a_relay_that_asks_for_less_delays_everybody(database_url: str) -> None:
    """The pause stands in the shared row, and a shorter one does not shorten it."""
    with writing_rows(database_url) as rows:
        delay(rows, "account", 20)
        delay(rows, "account", 5)
    wait = turn(database_url, 30)
    assert isinstance(wait, float)
    assert 15 < wait <= 20


def test_a_clock_that_was_set_back_stops_nobody(database_url: str) -> None:
    """A turn that is a day ahead is a turn that a wrong clock gave."""
    turn(database_url, 30, 5)
    with writing_rows(database_url) as rows:
        rows.execute(update(RelayPace).values(next_at=RelayPace.next_at + 86400))
        rows.execute(update(RelayHour).values(hour=RelayHour.hour + 24, sent=5))
    wait = turn(database_url, 30, 5)
    assert isinstance(wait, float)
    assert wait < 1


def test_the_quota_is_never_exceeded_by_threads_that_ask_at_once(database_url: str) -> None:
    """Eight ask for more than there is: exactly the quota is given."""
    with ThreadPoolExecutor(8) as threads:
        turns = list(threads.map(lambda _: turn(database_url, 0, 20), range(60)))
    assert sum(isinstance(given, float) for given in turns) == 20
    with reading_rows(database_url) as rows:
        assert sent_lately(rows, "account") == 20


def test_the_quota_counts_24_hours_not_a_calendar_day(database_url: str) -> None:
    """What left 24 hours ago counts still, for its hour may not be over; an hour later it is free."""
    for _ in range(2):
        turn(database_url, 0, 2)
    with writing_rows(database_url) as rows:
        rows.execute(update(RelayHour).values(hour=RelayHour.hour - 24))
    reached = turn(database_url, 0, 2)
    assert isinstance(reached, QuotaReached)
    assert 0 < reached.seconds <= 3600
    assert (reached.frees_at.minute, reached.frees_at.second) == (0, 0)
    with writing_rows(database_url) as rows:
        rows.execute(update(RelayHour).values(hour=RelayHour.hour - 1))
    assert isinstance(turn(database_url, 0, 2), float)


def test_a_run_stops_at_the_quota_and_the_next_day_goes_on(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is held or failed for it, the sentence says from when on, and each mail leaves once."""
    monkeypatch.setenv("FACTEUR_SMTP__DAILY_QUOTA", "2")
    for name in ("Aubert", "Blanc", "Caron"):
        workplace.add_resident(name, own=f"{name}@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Envoyé", "Envoyé", "En attente"]
    (stop,) = workplace.stops
    assert stop.sentence == "le quota de 2 messages par jour est atteint"
    assert "Relancez avec le bouton « Retry » à partir du " in stop.remedy
    left = [delivery for delivery in workplace.deliveries() if delivery.state != DeliveryState.ACCEPTED]
    assert [(delivery.state, delivery.attempt, delivery.leased_until) for delivery in left] == [
        (DeliveryState.PLANNED, 0, None)
    ]
    assert workplace.send(campaign) == ["En attente"]
    a_day_passes(workplace.database)
    assert workplace.send(campaign) == ["Envoyé"]
    assert len(workplace.relay.messages()) == 3


def test_without_limits_no_turn_is_taken(workplace: Workplace) -> None:
    """The pace of an account without limits costs nothing."""
    for name in ("Aubert", "Blanc"):
        workplace.add_resident(name, own=f"{name}@example.org")
    workplace.run()
    with reading_rows(workplace.database) as rows:
        assert set(rows.scalars(select(RelayPace.next_at))) == {0.0}
        assert rows.execute(select(func.count()).select_from(RelayHour)).scalar_one() == 0


def test_the_line_lets_as_many_connect_as_the_relay_allows(database_url: str) -> None:
    """First come, first served; who leaves makes room for the next, of this account alone."""
    with writing_rows(database_url) as rows:
        first, second, third = (queue_up(rows, "account", 60) for _ in range(3))
        other = queue_up(rows, "another", 60)
        served = [has_connection(rows, "account", place, 2) for place in (first, second, third)]
        assert served == [True, True, False]
        assert has_connection(rows, "another", other, 1)
        leave(rows, [first])
        assert has_connection(rows, "account", third, 2)


def test_a_place_that_nobody_keeps_up_is_lost_for_good(database_url: str) -> None:
    """So a process that was killed blocks the account for a minute at most, and one that woke up late takes nothing."""
    with writing_rows(database_url) as rows:
        dead = queue_up(rows, "account", 0.05)
        kept = queue_up(rows, "account", 0.05)
        assert keep_up(rows, [kept], 30) == {kept}
    sleep(0.1)
    with writing_rows(database_url) as rows:
        assert has_connection(rows, "account", dead, 1) is None
        assert has_connection(rows, "account", kept, 1)
        assert keep_up(rows, [dead], 30) == set()
        new = queue_up(rows, "account", 30)
        assert new not in {dead, kept}
        assert not has_connection(rows, "account", new, 1)


def test_two_processes_together_keep_to_the_connections_of_the_account(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of three threads and two permitted connections: never a third, and every mail leaves once."""
    monkeypatch.setenv("FACTEUR_SMTP__CONNECTIONS", "2")
    add_structure(workplace.database, "LILAS")
    for structure in ("TILLEULS", "LILAS"):
        for number in range(8):
            workplace.add_resident(f"Nom{number}", own=f"{number}@{structure.lower()}.example", structure=structure)
    workplace.relay.script(Rule(Moment.FINAL, seconds=0.05, stored=True))
    runs = [
        subprocess.Popen([sys.executable, "-c", MAIL_STRUCTURE, structure], cwd=ROOT)
        for structure in ("TILLEULS", "LILAS")
    ]
    assert [run.wait() for run in runs] == [0, 0]
    recipients = [message.recipients for message in workplace.relay.messages()]
    assert len(recipients) == len(set(recipients)) == 16
    assert workplace.relay.most_connections_at_once <= 2
    with reading_rows(workplace.database) as rows:
        assert rows.execute(select(func.count()).select_from(RelayPlace)).scalar_one() == 0


def test_a_thread_that_waits_in_the_line_takes_what_its_own_run_has_to_spare(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run holds one of two connections to the end: both threads share the one that is left, and all is sent."""
    monkeypatch.setenv("FACTEUR_SMTP__CONNECTIONS", "2")
    for number in range(6):
        workplace.add_resident(f"Nom{number}", own=f"{number}@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    carriers = find_relays(())
    assert not carriers.missing, carriers
    relays = carriers.relays
    with writing_rows(workplace.database) as rows:
        other = queue_up(rows, relays["TILLEULS"].account, 60)
    with closing(SendingRun(relays, str(uuid4()), load_settings())) as run, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda document: mail_document.fn(document, run), remaining_documents(campaign)))
    assert len(workplace.relay.messages()) == 6
    assert workplace.relay.most_connections_at_once == 1
    with reading_rows(workplace.database) as rows:
        assert has_connection(rows, relays["TILLEULS"].account, other, 2), "the other run was waited for"


def test_the_databases_clock_is_the_time(database_url: str) -> None:
    """Seconds since 1970, on both."""
    with reading_rows(database_url) as rows:
        seconds = rows.execute(select(database_seconds(rows))).scalar_one()
    assert abs(datetime.fromtimestamp(seconds, UTC) - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        pytest.param(0, "", id="nothing"),
        pytest.param(883, "fin prévue vers 14 h 35", id="half an hour"),
        pytest.param(9_998, "fin prévue vers 19 h 45", id="the whole of what is left"),
        pytest.param(9_999, "2 jours : le quota est de 10 000 par jour", id="more than is left"),
        pytest.param(25_000, "3 jours : le quota est de 10 000 par jour", id="three quotas"),
    ],
)
def test_the_plan_says_when_a_campaign_ends(database_url: str, messages: int, words: str) -> None:
    """At 30 a minute, in the time of Paris, when two messages left already."""
    relay = Relay("smtp.example", 587, messages_per_minute=30, daily_quota=10_000)
    with writing_rows(database_url) as rows:
        for _ in range(2):
            take_turn(rows, relay.account, 30, 10_000)
    assert planned_end(["TILLEULS"] * messages, {"TILLEULS": relay}, database_url, NOW) == words


def test_structures_that_share_an_account_share_its_time(database_url: str) -> None:
    """And what leaves through an account without limits takes none."""
    shared = Relay("smtp.example", 587, messages_per_minute=30)
    relays = {"TILLEULS": shared, "LILAS": shared, "ROSES": Relay("localhost", 25)}
    planned = planned_end(["TILLEULS"] * 440 + ["LILAS"] * 443 + ["ROSES"] * 5000, relays, database_url, NOW)
    assert planned == "fin prévue vers 14 h 35"


def test_the_progress_says_when_a_run_ends() -> None:
    """As it went so far; on another day, with the day; and not from the first few documents."""
    assert progress_words(1, 200, 2, NOW) == "1 document traité sur 200"
    assert progress_words(100, 200, 1800, NOW) == "100 documents traités sur 200, fin prévue vers 14 h 35"
    assert progress_words(10, 200, 2400, NOW) == "10 documents traités sur 200, fin prévue le 25/11 vers 02 h 45"
    assert progress_words(200, 200, 3600, NOW) == "200 documents traités sur 200"


def test_a_message_that_is_late_for_its_turn_takes_another_one(workplace: Workplace) -> None:
    """Else it would be counted in a minute that is full already. One in time keeps its turn, and none counts twice."""
    relay = Relay("smtp.example", 587, messages_per_minute=600, daily_quota=100)
    account = Account(relay, load_settings(), threading.Event())

    def turns_taken() -> float:
        with reading_rows(workplace.database) as rows:
            return rows.execute(select(RelayPace.next_at)).scalar_one()

    account.wait_for_turn()
    taken = turns_taken()
    account.catch_up()
    assert turns_taken() == taken
    sleep(TURN_GOOD_FOR_SECONDS + 0.05)
    account.catch_up()
    assert turns_taken() > taken
    with reading_rows(workplace.database) as rows:
        assert sent_lately(rows, relay.account) == 1
