"""The breaker: a fault of the relay or of the sender account stops the run, and nobody is failed for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from models.rules.states import DeliveryState
from models.values.relay import Security
from settings.load import load_settings
from tasks.campaigns.remaining import remaining_documents
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.relays.finding import find_relays
from tests.smtp_server import certificates
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace, add_structure

AFTER = 3
RESIDENTS = 6
QUOTA = "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"

S = DeliveryState


@pytest.fixture
def office(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Six residents to mail to, and a breaker that opens after three faults in a row."""
    monkeypatch.setenv("FACTEUR_SENDING__BREAKER_AFTER", str(AFTER))
    monkeypatch.setenv("FACTEUR_SENDING__RETRY_MINUTES", "0")
    for number in range(RESIDENTS):
        workplace.add_resident(f"Nom{number}", own=f"nom{number}@example.org")
    return workplace


def tries(server: ScriptedServer) -> int:
    """How often the relay was asked to take a message; a connection that never came so far counts as well."""
    events = [*server.record.events("connected"), *server.record.events("command")]
    mails = [event["connection"] for event in events if event.get("line", "").startswith("MAIL")]
    barren = {event["connection"] for event in events} - set(mails)
    return len(mails) + len(barren)


def states(office: Workplace) -> Counter[str]:
    """How many deliveries are waiting to be sent, and in each of the other states."""
    waiting = {S.PLANNED, S.COMPOSED}
    found = Counter("waiting" if d.state in waiting else str(d.state) for d in office.deliveries())
    assert not any(delivery.leased_until for delivery in office.deliveries())
    return found


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param(Rule(Moment.MAIL, "550 5.7.60 not allowed to send as this sender"), "550", id="mail 5.7"),
        pytest.param(Rule(Moment.MAIL, "501 5.1.7 bad sender"), "expéditeur", id="mail 5xx"),
        pytest.param(Rule(Moment.RCPT, "550 5.7.1 denied by policy"), "refuse", id="rcpt 5.7"),
        pytest.param(Rule(Moment.RCPT, "550 5.4.5 Daily user sending quota exceeded"), "quota", id="rcpt quota"),
        pytest.param(Rule(Moment.DATA, "554 5.7.1 no"), "refuse", id="data 5.7"),
        pytest.param(Rule(Moment.FINAL, "554 5.2.252 SendAsDenied"), "SendAsDenied", id="final send as"),
        pytest.param(Rule(Moment.FINAL, QUOTA), "SubmissionQuotaExceeded", id="final quota"),
        pytest.param(Rule(Moment.FINAL, "554 5.2.2 QuotaExceeded"), "boîte", id="final mailbox full"),
        pytest.param(Rule(Moment.FINAL, "550 5.7.1 spam"), "refuse", id="final 5.7"),
    ],
)
def test_a_fault_of_the_sender_account_stops_at_once(office: Workplace, rule: Rule, words: str) -> None:
    """One try; everything waits; cause and remedy are told; when it is mended each leaves once."""
    office.relay.script(rule)
    campaign = office.plan()
    office.choose(campaign)
    assert set(office.send(campaign)) == {"En attente"}
    assert tries(office.relay) == 1
    assert states(office) == {"waiting": RESIDENTS}
    (stop,) = office.stops
    assert words.lower() in stop.sentence.lower()
    assert stop.remedy
    office.relay.script()
    assert office.send(campaign) == ["Envoyé"] * RESIDENTS
    assert len(office.relay.messages()) == RESIDENTS


@pytest.mark.parametrize(
    "reply",
    ["535 5.7.8 wrong password", "535 5.7.139 SmtpClientAuthentication is disabled", "530 5.7.0 x", "550 5.7.30 x"],
)
def test_a_refused_login_stops_at_once(
    office: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    """One login: accounts lock."""
    with ScriptedServer(tmp_path / "login", Rule(Moment.AUTH, reply), user="u", password="p") as server:
        monkeypatch.setenv("FACTEUR_SMTP__PORT", str(server.port))
        monkeypatch.setenv("FACTEUR_SMTP__USER", "u")
        monkeypatch.setenv("FACTEUR_SMTP__SECRET", "p")
        assert set(office.run()) == {"En attente"}
        assert (server.failed_logins, server.connections) == (1, 1)
    assert states(office) == {"waiting": RESIDENTS}
    assert reply[:3] in office.stops[0].sentence
    assert office.stops[0].remedy


def test_a_relay_that_takes_encryption_away_stops_at_once(
    office: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in clear, and no second try."""
    certificate = certificates.good(tmp_path / "certificate")
    with ScriptedServer(
        tmp_path / "tls", security=Security.STARTTLS, certificate=certificate, hide=["STARTTLS"]
    ) as server:
        monkeypatch.setenv("FACTEUR_SMTP__HOST", "localhost")
        monkeypatch.setenv("FACTEUR_SMTP__PORT", str(server.port))
        monkeypatch.setenv("FACTEUR_SMTP__SECURITY", "starttls")
        assert set(office.run()) == {"En attente"}
        assert server.connections == 1
        assert not [line for line in server.commands() if line.startswith("MAIL")]
    assert states(office) == {"waiting": RESIDENTS}
    assert "chiffrée" in office.stops[0].sentence


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule(Moment.BANNER, "554 5.3.2 not now"), id="banner 5xx"),
        pytest.param(Rule(Moment.BANNER, "421 4.3.2 not now"), id="banner 421"),
        pytest.param(Rule(Moment.BANNER, how=How.DROP), id="banner dropped"),
        pytest.param(Rule(Moment.EHLO, "502 5.5.1 no"), id="ehlo"),
        pytest.param(Rule(Moment.MAIL, "451 4.3.0 later"), id="mail 4xx"),
        pytest.param(Rule(Moment.MAIL, how=How.DROP), id="dropped at mail"),
        pytest.param(Rule(Moment.FINAL, "432 4.3.2 Concurrent connections limit exceeded"), id="final 432"),
    ],
)
def test_a_fault_of_the_relay_stops_after_so_many_in_a_row(office: Workplace, rule: Rule) -> None:
    """As many tries as are set, then everything waits, uncounted; when it is mended each leaves once."""
    office.relay.script(rule)
    campaign = office.plan()
    office.choose(campaign)
    assert set(office.send(campaign)) == {"En attente"}
    assert tries(office.relay) == AFTER
    assert states(office) == {"waiting": RESIDENTS}
    assert {delivery.failures for delivery in office.deliveries()} == {0}
    (stop,) = office.stops
    assert stop.sentence
    assert stop.remedy
    assert "Facteur réessaie." not in stop.remedy
    office.relay.script()
    assert office.send(campaign) == ["Envoyé"] * RESIDENTS
    assert len(office.relay.messages()) == RESIDENTS


def test_a_relay_that_is_away_stops_after_so_many_in_a_row(office: Workplace) -> None:
    """And the remedy names what to check."""
    campaign = office.plan()
    office.choose(campaign)
    office.relay.stop()
    assert set(office.send(campaign)) == {"En attente"}
    assert states(office) == {"waiting": RESIDENTS}
    assert "connexion refusée" in office.stops[0].sentence
    assert "port" in office.stops[0].remedy
    office.relay.start()
    assert office.send(campaign) == ["Envoyé"] * RESIDENTS


@pytest.mark.parametrize("reply", ["550 no", "550 5.4.1 Access denied"])
def test_refusals_alike_that_name_no_address_stop_after_so_many(office: Workplace, reply: str) -> None:
    """The first few are refused, as the relay said; the others wait."""
    office.relay.script(Rule(Moment.RCPT, reply))
    office.run()
    assert states(office) == {"refused": AFTER, "waiting": RESIDENTS - AFTER}
    assert office.stops[0].remedy


def test_outcomes_that_nobody_can_know_stop_after_so_many_in_a_row(office: Workplace) -> None:
    """A relay that always breaks off after the dot does not make everybody uncertain."""
    office.relay.script(Rule(Moment.FINAL, how=How.DROP, stored=True))
    office.run()
    assert states(office) == {"uncertain": AFTER, "waiting": RESIDENTS - AFTER}
    assert len(office.stops) == 1


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        pytest.param(Rule(Moment.RCPT, "550 5.1.1 unknown"), S.REFUSED, id="unknown address"),
        pytest.param(Rule(Moment.RCPT, "450 4.2.0 greylisted"), S.DEFERRED, id="greylisted"),
        pytest.param(Rule(Moment.RCPT, "452 4.2.2 mailbox full"), S.DEFERRED, id="recipient's mailbox full"),
        pytest.param(Rule(Moment.DATA, "451 4.3.0 later"), S.DEFERRED, id="data later"),
        pytest.param(Rule(Moment.FINAL, "451 4.3.0 later"), S.DEFERRED, id="later after the dot"),
        pytest.param(Rule(Moment.FINAL, "552 5.3.4 too large"), S.REFUSED, id="too large"),
        pytest.param(Rule(Moment.MAIL, "552 5.3.4 too large"), S.REFUSED, id="too large at mail"),
    ],
)
def test_a_fault_of_the_address_or_message_never_stops(office: Workplace, rule: Rule, state: S) -> None:
    """However many there are in a row."""
    office.relay.script(rule)
    office.run()
    assert states(office) == {str(state): RESIDENTS}
    assert office.stops == []


def test_an_accepted_message_between_faults_begins_the_count_anew(office: Workplace) -> None:
    """Two faults, one success, two faults: three in a row were never seen. Three in a row are."""
    fault = "432 4.3.2 Concurrent connections limit exceeded"
    few = AFTER - 1
    office.relay.script(Rule(Moment.FINAL, fault, times=few), Rule(Moment.FINAL, fault, skip=1, times=few))
    assert office.run() == ["Envoyé"] * RESIDENTS
    assert office.stops == []
    assert tries(office.relay) == RESIDENTS + 2 * few


def test_refusals_that_differ_or_are_interrupted_do_not_add_up(office: Workplace) -> None:
    """Two refusals, one acceptance, two refusals: the addresses are refused, and the run goes on."""
    few = AFTER - 1
    office.relay.script(Rule(Moment.RCPT, "550 no", times=few), Rule(Moment.RCPT, "550 no", skip=1, times=few))
    office.run()
    assert states(office) == {"refused": 2 * few, "accepted": RESIDENTS - 2 * few}
    assert office.stops == []


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        pytest.param(Rule(Moment.FINAL, QUOTA, seconds=0.2), 2, id="at once"),
        pytest.param(Rule(Moment.MAIL, "451 4.3.0 later", seconds=0.05), AFTER + 1, id="in a row"),
    ],
)
def test_after_the_stop_only_what_was_under_way_is_finished(
    office: Workplace, monkeypatch: pytest.MonkeyPatch, rule: Rule, most: int
) -> None:
    """With two connections: one message more at most, and it too is failed for nothing."""
    monkeypatch.setenv("FACTEUR_SMTP__CONNECTIONS", "2")
    office.relay.script(rule)
    campaign = office.plan()
    office.choose(campaign)
    carriers = find_relays(())
    assert not carriers.missing, carriers
    relays = carriers.relays
    with closing(SendingRun(relays, str(uuid4()), load_settings())) as run, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda document: mail_document.fn(document, run), remaining_documents(campaign)))
        assert len(run.stopped) == 1
    assert tries(office.relay) <= most
    assert states(office) == {"waiting": RESIDENTS}


def test_another_account_goes_on(
    office: Workplace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings_for: Callable[[str, ScriptedServer], None],
) -> None:
    """What stops one SMTP account stops no structure that mails through another."""
    add_structure(office.database, "LILAS")
    office.add_resident("Autre", own="autre@example.org", structure="LILAS")
    office.relay.script(Rule(Moment.FINAL, QUOTA))
    campaign = office.plan()
    office.choose(campaign)
    with ScriptedServer(tmp_path / "other") as other:
        relays = {"TILLEULS": office.relay.relay(), "LILAS": other.relay()}
        with closing(SendingRun(relays, str(uuid4()), load_settings())) as run:
            names = [mail_document.fn(document, run).name for document in remaining_documents(campaign)]
        assert Counter(names) == {"En attente": RESIDENTS, "Envoyé": 1}
        assert len(other.messages()) == 1
