"""Campaigns on both databases and a real SMTP server: the right person, once, and provably."""

from __future__ import annotations

import email
import email.policy
from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.delivery import Attempt, Delivery
from models.tables.people import Resident
from settings.load import load_settings
from tasks.monthly.choosing import Choice
from tests.smtp_server.record import StoredMessage
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace

S = DeliveryState


def pdf_text(message: StoredMessage) -> str:
    """The text of the one PDF of a mail, white space folded."""
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    (part,) = [part for part in parsed.walk() if part.get_content_type() == "application/pdf"]
    pages = PdfReader(BytesIO(part.get_payload(decode=True))).pages  # type: ignore[arg-type]
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def recipients(workplace: Workplace) -> list[str]:
    return sorted(message.recipients[0] for message in workplace.relay.messages())


def test_each_address_gets_its_own_message(workplace: Workplace) -> None:
    """One transaction per address: nobody reads the other's."""
    number = workplace.add_resident("Mailly", "josiane@example.org", "tuteur@example.org")
    assert workplace.run() == ["Envoyé"]
    messages = workplace.relay.messages()
    assert recipients(workplace) == ["josiane@example.org", "tuteur@example.org"]
    for message in messages:
        other = {"josiane@example.org", "tuteur@example.org"} - set(message.recipients)
        assert other.pop().encode() not in message.content
        assert number in pdf_text(message)
        assert "MAILLY Alix" in pdf_text(message)
    assert [s.coverage for s in workplace.standings()] == [Coverage.MAILED]


def test_the_same_campaign_started_twice_sends_once(workplace: Workplace) -> None:
    """The unique key plans each mail once."""
    workplace.add_resident("Mailly", "josiane@example.org")
    assert workplace.run() == ["Envoyé"]
    assert workplace.run() == []
    assert len(workplace.relay.messages()) == 1


def test_a_refused_guardian_does_not_hide_an_accepted_resident(workplace: Workplace) -> None:
    """The task is red, the resident has the mail, and the campaign goes on with the next one."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="tuteur@*"))
    workplace.add_resident("Aubert", "a@example.org", "tuteur@example.org")
    workplace.add_resident("Blanc", "b@example.org")
    assert workplace.run() == ["Refusé", "Envoyé"]
    assert recipients(workplace) == ["a@example.org", "b@example.org"]
    assert [s.coverage for s in workplace.standings()] == [Coverage.FAILED, Coverage.MAILED]


def test_a_refused_delivery_is_not_tried_again(workplace: Workplace) -> None:
    """Neither by the same run nor by the next."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user"))
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Refusé"]
    workplace.relay.script()
    assert workplace.send(campaign) == []
    assert workplace.run() == []
    assert workplace.relay.messages() == []


def test_a_mended_address_is_sent_to(workplace: Workplace) -> None:
    """A new address is a new delivery of the same version."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="wrong@*"))
    workplace.add_resident("Aubert", "wrong@example.org")
    assert workplace.run() == ["Refusé"]
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(email="right@example.org"))
    assert workplace.run() == ["Envoyé"]
    assert recipients(workplace) == ["right@example.org"]
    assert [s.coverage for s in workplace.standings()] == [Coverage.MAILED]


def test_an_address_that_changed_after_planning_gets_nothing(workplace: Workplace) -> None:
    """The recipients are checked again at the claim."""
    workplace.add_resident("Aubert", "old@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(email="new@example.org"))
    assert workplace.send(campaign) == ["Retiré"]
    assert workplace.relay.messages() == []
    assert [d.state for d in workplace.deliveries()] == [S.WITHDRAWN]
    assert [s.coverage for s in workplace.standings()] == [Coverage.WAITING]


def test_changed_content_is_composed_anew(workplace: Workplace) -> None:
    """What leaves is what the ledger says today, not what it said when the message was first composed."""
    workplace.relay.script(Rule(Moment.RCPT, "451 later", times=1))
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Différé"]
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(last_name="Auberte"))
        session.execute(update(Delivery).values(not_before=workplace.deliveries()[0].changed_at))
    assert workplace.send(campaign) == ["Envoyé"]
    (message,) = workplace.relay.messages()
    assert "AUBERTE Alix" in pdf_text(message)


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        pytest.param(Rule(Moment.FINAL, how=How.DROP, stored=True), S.UNCERTAIN, id="dropped after the dot, stored"),
        pytest.param(Rule(Moment.FINAL, how=How.RESET, stored=False), S.UNCERTAIN, id="reset after the dot"),
        pytest.param(Rule(Moment.FINAL, "450 4.2.0 later"), S.DEFERRED, id="later after the dot"),
        pytest.param(Rule(Moment.FINAL, "552 5.3.4 too large"), S.REFUSED, id="too large"),
    ],
)
def test_the_outcome_is_recorded_with_its_evidence(workplace: Workplace, rule: Rule, state: DeliveryState) -> None:
    """And an uncertain delivery is never sent again by itself."""
    workplace.relay.script(rule)
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    workplace.send(campaign)
    stored = len(workplace.relay.messages())
    (delivery,) = workplace.deliveries()
    assert delivery.state == state
    with reading(workplace.database) as session:
        (attempt,) = session.scalars(select(Attempt)).all()
    assert attempt.stage == "final"
    assert attempt.ended_at is not None
    workplace.relay.script()
    assert workplace.send(campaign) == []
    assert workplace.run() == []
    assert len(workplace.relay.messages()) == stored


def test_a_fault_of_the_sender_stops_the_campaign_and_fails_nobody(workplace: Workplace) -> None:
    """The rest stays waiting, and leaves when the account is mended."""
    workplace.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    for name in ("Aubert", "Blanc", "Caron"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["En attente"] * 3
    assert len(workplace.stops) == 1
    assert {s.coverage for s in workplace.standings()} == {Coverage.WAITING}
    assert sum(line.startswith("MAIL") for line in workplace.relay.commands()) == 1
    workplace.relay.script()
    assert workplace.send(campaign) == ["Envoyé"] * 3
    assert len(workplace.relay.messages()) == 3


def test_a_relay_that_is_down_stops_the_campaign_after_some_faults(workplace: Workplace) -> None:
    """A thousand residents are not failed one by one."""
    for number in range(8):
        workplace.add_resident(f"Nom{number}", f"n{number}@example.org")
    workplace.relay.stop()
    assert workplace.run() == ["En attente"] * 8
    assert "serveur" in workplace.stops[0].sentence
    assert {d.state for d in workplace.deliveries()} == {S.PLANNED}
    workplace.relay.start()


def test_the_daily_quota_ends_the_run_and_leaves_the_rest_waiting(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is failed for it, and the sentence names the quota."""
    monkeypatch.setenv("FACTEUR_SMTP__DAILY_QUOTA", "2")
    for name in ("Aubert", "Blanc", "Caron"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    assert workplace.run() == ["Envoyé", "Envoyé", "En attente"]
    assert "quota de 2 messages par jour" in workplace.stops[0].sentence
    assert len(workplace.relay.messages()) == 2


def test_a_server_that_closes_its_door_is_a_stop_that_asks_to_wait(workplace: Workplace) -> None:
    """A stopped run does not try again, so its remedy does not say so."""
    workplace.relay.script(Rule(Moment.BANNER, "421 4.3.2 try later"))
    workplace.add_resident("Aubert", "a@example.org")
    assert workplace.run() == ["En attente"]
    assert workplace.stops[0].remedy == "Attendre que le serveur réponde de nouveau."


def test_a_wanted_second_sending_is_a_new_version_once(workplace: Workplace) -> None:
    """Its reason is kept, and the same run makes it once, however often it is started again."""
    workplace.add_resident("Aubert", "a@example.org")
    workplace.run()
    run = str(uuid4())
    assert workplace.run(run, reason="adresse saturée") == ["Envoyé"]
    assert workplace.run(run, reason="adresse saturée") == []
    assert [d.version for d in workplace.deliveries()] == [1, 2]
    assert len({d.message_id for d in workplace.deliveries()}) == 2
    assert len(workplace.relay.messages()) == 2


def test_a_second_sending_leaves_nothing_of_the_first_behind(workplace: Workplace) -> None:
    """What was still waiting of the old version is withdrawn: it would arrive twice."""
    workplace.relay.script(Rule(Moment.RCPT, "451 later", recipient="t@*", times=1))
    workplace.add_resident("Aubert", "a@example.org", "t@example.org")
    assert workplace.run() == ["Différé"]
    assert workplace.run(reason="demande du tuteur") == ["Envoyé"]
    states = [(d.version, d.address, d.state) for d in workplace.deliveries()]
    assert (1, "t@example.org", S.WITHDRAWN) in states
    assert [s.coverage for s in workplace.standings()] == [Coverage.MAILED]


def test_a_trial_leaves_the_history_untouched(workplace: Workplace) -> None:
    """Everything goes to one address, marked, and the real campaign still sends everything."""
    workplace.add_resident("Aubert", "a@example.org", "t@example.org")
    assert workplace.run(redirect="essai@example.org") == ["Envoyé"]
    assert recipients(workplace) == ["essai@example.org"] * 2
    for message in workplace.relay.messages():
        assert str(email.message_from_bytes(message.content, policy=email.policy.default)["Subject"]).startswith(
            "[TEST]"
        )
    (standing,) = workplace.standings()
    assert (standing.coverage, standing.sent_at) == (Coverage.WAITING, None)
    assert workplace.run() == ["Envoyé"]
    assert recipients(workplace) == ["a@example.org", *["essai@example.org"] * 2, "t@example.org"]


def test_a_message_that_the_archive_lost_is_composed_anew(workplace: Workplace) -> None:
    """A row that was composed never waits for ever on a file that is gone."""
    workplace.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied", times=1))
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["En attente"]
    (delivery,) = workplace.deliveries()
    (load_settings().archive / delivery.archive_key[:2] / delivery.archive_key).unlink()
    assert workplace.send(campaign) == ["Envoyé"]
    assert recipients(workplace) == ["a@example.org"]


def test_only_the_chosen_lines_are_sent(workplace: Workplace) -> None:
    """And what is imported between the review and the sending is not."""
    for name in ("Aubert", "Blanc"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    campaign = workplace.plan()
    shown = {s.name: s.document_id for s in workplace.standings()}
    workplace.add_resident("Caron", "caron@example.org")
    chosen = frozenset({shown["BLANC Alix"] or 0})
    workplace.choose(campaign, Choice(chosen, initials="ML"))
    assert workplace.send(campaign) == ["Envoyé"]
    assert recipients(workplace) == ["blanc@example.org"]


def test_a_review_resends_only_what_was_added(workplace: Workplace) -> None:
    """What is preselected goes on where it stood: the resident who has his mail does not get it again."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.7.1 not now", recipient="t@*", times=1))
    workplace.add_resident("Aubert", "a@example.org")
    workplace.run()
    workplace.add_resident("Blanc", "b@example.org", "t@example.org")
    assert workplace.run() == ["En attente"]
    campaign = workplace.plan()
    every = frozenset(s.document_id or 0 for s in workplace.standings())
    workplace.choose(campaign, Choice(every, initials="ML", reason="demande de la famille"))
    assert workplace.send(campaign) == ["Envoyé", "Envoyé"]
    assert recipients(workplace) == ["a@example.org", "a@example.org", "b@example.org", "t@example.org"]


def test_a_structure_without_sender_is_a_composing_failure_that_can_be_mended(workplace: Workplace) -> None:
    """The sentence says what is missing; the coverage says failed; the next run sends."""
    from models.tables.organisation import Structure

    workplace.add_resident("Aubert", "a@example.org")
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(sender_email=""))
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Non composé"]
    (standing,) = workplace.standings()
    assert standing.coverage is Coverage.FAILED
    assert "expediteur_email" in standing.deliveries[0].note
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(sender_email="f@tilleuls.example"))
    assert workplace.send(campaign) == ["Envoyé"]
