"""Uncertain deliveries, settled by a person, and failures taken up again: on both databases and a real SMTP server."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.decision import Decision
from models.tables.delivery import Attempt, Delivery
from models.tables.people import Resident
from models.values.documents import DocumentReference
from models.values.kinds import Obstacle, Settlement
from settings.load import load_settings
from tasks.campaigns.remaining import waiting_documents
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.follow_up.failures import plan_by_force, read_failures, resent
from tasks.follow_up.settling import Answer, resends, settled, store_answer
from tasks.follow_up.uncertain import ask_about
from tasks.relays.finding import find_relays
from tests.reminders_workplace import add_client, add_overdue, overdue, pay, remind
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace

S = DeliveryState
LOST = Rule(Moment.FINAL, how=How.DROP, stored=True)


def uncertain(workplace: Workplace, *names: str) -> list[int]:
    """Invoices that reached the relay, of which nobody knows it; their deliveries."""
    workplace.relay.script(LOST)
    for name in names:
        workplace.add_resident(name, f"{name.lower()}@example.org")
    assert workplace.run() == ["Incertain"] * len(names)
    workplace.relay.script()
    return [delivery.id for delivery in workplace.deliveries()]


def decide(run: str, choice: Settlement, *deliveries: int) -> None:
    ask_about(run, PERIOD)
    store_answer(run, Answer("ML", "appel à la famille", {choice: deliveries}))


def mail(documents: list[DocumentReference], run: str) -> list[str | None]:
    """Send as the flows do; the names of the task runs' states."""
    carriers = find_relays(())
    assert not carriers.missing, carriers
    relays = carriers.relays
    with closing(SendingRun(relays, run, load_settings())) as run:
        return [mail_document.fn(document, run).name for document in documents]


def decisions(workplace: Workplace) -> list[Decision]:
    with reading(workplace.database) as session:
        found = list(session.scalars(select(Decision).order_by(Decision.id)))
        session.expunge_all()
        return found


def test_what_arrived_is_accepted_at_the_time_of_its_last_attempt(workplace: Workplace) -> None:
    """Nothing leaves again, and the coverage says mailed."""
    (delivery,) = uncertain(workplace, "Aubert")
    run = str(uuid4())
    decide(run, Settlement.ARRIVED, delivery)
    assert resends(run) == []
    (row,) = workplace.deliveries()
    with reading(workplace.database) as session:
        tried = session.scalars(select(Attempt.started_at)).one()
    assert (row.state, row.accepted_at) == (S.ACCEPTED, tried)
    assert len(workplace.relay.messages()) == 1
    assert [s.coverage for s in workplace.standings()] == [Coverage.MAILED]
    assert settled(run).sentence == "1 décision de ML : 1 bien arrivé."


def test_what_is_withdrawn_never_leaves(workplace: Workplace) -> None:
    """Neither by this run nor by the next campaign."""
    (delivery,) = uncertain(workplace, "Aubert")
    run = str(uuid4())
    decide(run, Settlement.WITHDRAW, delivery)
    assert resends(run) == []
    assert workplace.run() == []
    assert [d.state for d in workplace.deliveries()] == [S.WITHDRAWN]
    assert [s.coverage for s in workplace.standings()] == [Coverage.EXCLUDED]


@pytest.mark.parametrize("changed", [pytest.param(False, id="same source"), pytest.param(True, id="changed source")])
def test_a_resend_has_the_same_bytes_and_the_same_message_id(workplace: Workplace, changed: bool) -> None:
    """Even when the source has changed: under one Message-ID there is one content."""
    (delivery,) = uncertain(workplace, "Aubert")
    before = workplace.deliveries()[0]
    run = str(uuid4())
    decide(run, Settlement.RESEND, delivery)
    if changed:
        with writing(workplace.database) as session:
            session.execute(update(Resident).values(last_name="Auberte"))
    assert mail(resends(run), run) == ["Envoyé"]
    first, second = workplace.relay.messages()
    assert first.content == second.content
    assert before.message_id.encode() in second.content
    after = workplace.deliveries()[0]
    assert (after.message_id, after.archive_key) == (before.message_id, before.archive_key)
    assert (after.state, after.version) == (S.ACCEPTED, 1)
    assert [s.coverage for s in workplace.standings()] == [Coverage.MAILED]
    assert settled(run).sentence == "1 décision de ML : 1 à renvoyer (1 envoyée)."


def test_a_deferred_resend_keeps_its_bytes(workplace: Workplace) -> None:
    """The decision stands for as long as the delivery waits, whichever run takes it up."""
    (delivery,) = uncertain(workplace, "Aubert")
    run = str(uuid4())
    decide(run, Settlement.RESEND, delivery)
    workplace.relay.script(Rule(Moment.RCPT, "451 later", times=1))
    assert mail(resends(run), run) == ["Différé"]
    assert resends(run) == []
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(last_name="Auberte"))
        session.execute(update(Delivery).values(not_before=utc_now()))
    assert mail(waiting_documents(PERIOD), str(uuid4())) == ["Envoyé"]
    first, second = workplace.relay.messages()
    assert first.content == second.content


def test_a_resend_to_an_address_that_changed_is_withdrawn(workplace: Workplace) -> None:
    """The right person comes before the person's decision."""
    (delivery,) = uncertain(workplace, "Aubert")
    run = str(uuid4())
    decide(run, Settlement.RESEND, delivery)
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(email="new@example.org"))
    assert mail(resends(run), run) == ["Retiré"]
    assert len(workplace.relay.messages()) == 1


def test_a_decision_is_kept_and_taken_once_for_a_run(workplace: Workplace) -> None:
    """Who, when, why and what was shown; a second answer to the same run changes nothing."""
    first, second = uncertain(workplace, "Aubert", "Blanc")
    run = str(uuid4())
    decide(run, Settlement.ARRIVED, first)
    store_answer(run, Answer("XX", "autre", {Settlement.WITHDRAW: (second,)}))
    kept, left = decisions(workplace)
    assert (kept.delivery_id, kept.initials, kept.choice, kept.reason) == (first, "ML", "arrived", "appel à la famille")
    assert kept.taken_at is not None
    assert kept.shown.startswith("AUBERT Alix · F-")
    assert "aubert@example.org" in kept.shown
    assert (left.choice, left.delivery_id) == ("", second)
    assert [question.answered for question in ask_about(run, PERIOD)] == [True, True]
    assert [d.state for d in workplace.deliveries()] == [S.ACCEPTED, S.UNCERTAIN]
    assert settled(run).sentence == "1 décision de ML : 1 bien arrivé. 1 reste incertain."
    assert [question.delivery_id for question in ask_about(str(uuid4()), "")] == [second]


def test_a_delivery_in_two_lists_changes_nothing(workplace: Workplace) -> None:
    """Not even for the others: the whole answer is void, and the sentence names the delivery."""
    first, second = uncertain(workplace, "Aubert", "Blanc")
    run = str(uuid4())
    ask_about(run, PERIOD)
    lists = {Settlement.ARRIVED: (first, second), Settlement.RESEND: (second,)}
    store_answer(run, Answer("ML", "appel", lists))
    assert {d.state for d in workplace.deliveries()} == {S.UNCERTAIN}
    assert resends(run) == []
    outcome = settled(run)
    assert outcome.failed
    assert "BLANC Alix" in outcome.sentence
    assert "AUBERT" not in outcome.sentence


def test_a_delivery_that_was_settled_meanwhile_is_left_alone(workplace: Workplace) -> None:
    """Two runs may ask about it; the first answer counts."""
    (delivery,) = uncertain(workplace, "Aubert")
    slow, fast = str(uuid4()), str(uuid4())
    ask_about(slow, "")
    decide(fast, Settlement.ARRIVED, delivery)
    decide(slow, Settlement.RESEND, delivery)
    assert [d.state for d in workplace.deliveries()] == [S.ACCEPTED]
    assert resends(slow) == []
    assert [(row.obstacle, row.reason) for row in decisions(workplace)] == [
        (Obstacle.NO_LONGER_UNCERTAIN, ""),
        ("", "appel à la famille"),
    ]
    assert settled(slow).sentence == "Aucune décision n'a été prise. Déjà réglé entre-temps, sans changement ici : 1."


def test_a_trial_and_another_period_are_not_asked_about(workplace: Workplace) -> None:
    """A trial is simply tried again."""
    workplace.relay.script(LOST)
    workplace.add_resident("Aubert", "a@example.org")
    workplace.run(redirect="essai@example.org")
    assert ask_about(str(uuid4()), "") == []
    workplace.run()
    assert ask_about(str(uuid4()), "2024-08") == []
    assert len(ask_about(str(uuid4()), PERIOD)) == 1


def test_what_a_stopped_campaign_left_is_taken_up(workplace: Workplace) -> None:
    """Of chosen lines only; a deferred one when it is due, a refused one not."""
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="aubert@*"),
        Rule(Moment.RCPT, "451 later", recipient="blanc@*"),
        Rule(Moment.MAIL, "554 5.2.252 SendAsDenied", skip=2),
    )
    for name in ("Aubert", "Blanc", "Caron"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    workplace.plan()  # shown, never chosen
    assert workplace.run() == ["Refusé", "Différé", "En attente"]
    workplace.relay.script()
    documents = waiting_documents(PERIOD)
    assert [document.label.partition(" ")[0] for document in documents] == ["CARON"]
    assert waiting_documents("2024-08") == []
    run = str(uuid4())
    assert mail(documents, run) == ["Envoyé"]
    assert waiting_documents("") == []
    with writing(workplace.database) as session:
        session.execute(update(Delivery).where(Delivery.state == S.DEFERRED).values(not_before=utc_now()))
    assert mail(waiting_documents(""), str(uuid4())) == ["Envoyé"]
    assert sorted(m.recipients[0] for m in workplace.relay.messages()) == ["blanc@example.org", "caron@example.org"]
    outcome = resent(run, documents, read_failures(""), [], forced=False)
    assert not outcome.failed
    assert outcome.sentence.startswith("Reprise de 1 facture : 1 envoyée. Échecs qui ne repartent pas seuls : 1.")


def test_a_refused_document_leaves_again_only_by_force_and_once_for_a_run(workplace: Workplace) -> None:
    """As a new version with its reason; what was accepted is no part of it."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="aubert@*"))
    for name in ("Aubert", "Blanc"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    workplace.run()
    workplace.relay.script()
    assert waiting_documents(PERIOD) == []
    run = str(uuid4())
    plan_by_force(run, PERIOD, "boîte rouverte", to_all=True)
    documents = waiting_documents(PERIOD)
    assert mail(documents, run) == ["Envoyé"]
    plan_by_force(run, PERIOD, "boîte rouverte", to_all=True)
    assert waiting_documents(PERIOD) == []
    versions = [(d.address, d.version, d.state) for d in workplace.deliveries()]
    assert versions == [
        ("aubert@example.org", 1, S.REFUSED),
        ("blanc@example.org", 1, S.ACCEPTED),
        ("aubert@example.org", 2, S.ACCEPTED),
    ]
    assert {s.coverage for s in workplace.standings()} == {Coverage.MAILED}
    outcome = resent(run, documents, read_failures(PERIOD), [], forced=True)
    assert outcome.sentence == "Reprise de 1 facture : 1 envoyée."


def test_what_another_run_sent_of_the_same_documents_is_not_counted_as_ones_own(workplace: Workplace) -> None:
    """Beside a campaign under way both take from the same list: each says what it did, and what the other took."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="blanc@*"))
    for name in ("Aubert", "Blanc", "Caron", "Durand"):
        workplace.add_resident(name, f"{name.lower()}@example.org")
    workplace.choose(workplace.plan())
    documents = waiting_documents(PERIOD)
    run, other = str(uuid4()), str(uuid4())
    assert mail(documents[:2], other) == ["Envoyé", "Refusé"]
    assert mail(documents[:3], run)[2:] == ["Envoyé"]
    outcome = resent(run, documents, read_failures(PERIOD), [], forced=False)
    assert outcome.sentence.startswith(
        "Reprise de 2 factures : 1 envoyée, 1 en attente. Prises entre-temps par une autre exécution : 2 factures."
    )
    assert mail(documents[3:], other) == ["Envoyé"]
    outcome = resent(run, documents, read_failures(PERIOD), [], forced=False)
    assert outcome.sentence.startswith("Reprise de 1 facture : 1 envoyée.")
    assert not outcome.failed


def test_a_refused_document_with_a_new_address_needs_no_force(workplace: Workplace) -> None:
    """The message sends the clerk to the normal run, and force leaves it alone."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user"))
    workplace.add_resident("Aubert", "wrong@example.org")
    workplace.run()
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(email="right@example.org"))
    failures = read_failures("")
    assert (len(failures.stuck), len(failures.mended)) == (0, 1)
    plan_by_force(str(uuid4()), PERIOD, "essai", to_all=True)
    assert [d.version for d in workplace.deliveries()] == [1]
    outcome = resent(str(uuid4()), [], failures, [], forced=False)
    assert not outcome.failed
    assert "« factures-mensuelles » les enverra" in outcome.sentence


def lost_reminders(workplace: Workplace, *names: str) -> dict[str, str]:
    """Reminders that reached the relay, of which nobody knows it; the invoices' numbers by the client's name."""
    numbers = {}
    for name in names:
        numbers[name] = add_overdue(workplace, add_client(workplace, name, f"{name.lower()}@example.org"), 40)
    workplace.relay.script(LOST)
    assert remind(workplace) == ["Incertain"] * len(names)
    workplace.relay.script()
    return numbers


@pytest.mark.parametrize(
    ("choice", "leaves", "state", "coverage"),
    [
        pytest.param(Settlement.ARRIVED, [], S.ACCEPTED, Coverage.MAILED, id="arrived"),
        pytest.param(Settlement.RESEND, ["Envoyé"], S.ACCEPTED, Coverage.MAILED, id="resent"),
        pytest.param(Settlement.WITHDRAW, [], S.WITHDRAWN, Coverage.WAITING, id="withdrawn, so due again"),
    ],
)
def test_an_uncertain_reminder_is_settled_as_an_invoice_is(
    workplace: Workplace, choice: Settlement, leaves: list[str], state: DeliveryState, coverage: Coverage
) -> None:
    """It is named by client and level, reminds nobody again before it is settled, and then counts as what it was."""
    number = lost_reminders(workplace, "Dupont")["Dupont"]
    assert overdue(workplace)[number].coverage is Coverage.UNCERTAIN
    assert remind(workplace) == []
    run = str(uuid4())
    (question,) = ask_about(run, "")
    assert question.label.startswith("Dupont · relance 1 · dupont@example.org · ")
    store_answer(run, Answer("ML", "appel au client", {choice: (question.delivery_id,)}))
    assert mail(resends(run), run) == leaves
    assert [d.state for d in workplace.deliveries()] == [state]
    assert overdue(workplace)[number].coverage is coverage
    contents = {message.content for message in workplace.relay.messages()}
    assert (len(workplace.relay.messages()), len(contents)) == (1 + len(leaves), 1)
    assert not settled(run).failed


def test_invoices_and_reminders_are_asked_about_together_unless_a_month_is_named(workplace: Workplace) -> None:
    """A reminder has no month; by name, whatever it is."""
    lost_reminders(workplace, "Dupont")
    uncertain(workplace, "Aubert", "Zola")
    assert [question.label.partition(" ")[0] for question in ask_about(str(uuid4()), "")] == [
        "AUBERT",
        "Dupont",
        "ZOLA",
    ]
    assert [question.label.partition(" ")[0] for question in ask_about(str(uuid4()), PERIOD)] == ["AUBERT", "ZOLA"]


def test_a_resent_reminder_that_was_paid_meanwhile_does_not_leave(workplace: Workplace) -> None:
    """Nobody is reminded of what he has paid, whatever was decided before."""
    number = lost_reminders(workplace, "Dupont")["Dupont"]
    run = str(uuid4())
    (question,) = ask_about(run, "")
    store_answer(run, Answer("ML", "appel", {Settlement.RESEND: (question.delivery_id,)}))
    pay(workplace, number)
    assert mail(resends(run), run) == ["Retiré"]
    assert len(workplace.relay.messages()) == 1


def test_waiting_reminders_are_taken_up_and_refused_ones_are_left_to_a_person(workplace: Workplace) -> None:
    """The sentence counts invoices and reminders apart; force is for invoices alone."""
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="refused@*"),
        Rule(Moment.RCPT, "451 later", recipient="later@*"),
        Rule(Moment.MAIL, "554 5.2.252 SendAsDenied", skip=2),
    )
    numbers = [
        add_overdue(workplace, add_client(workplace, name, f"{address}@example.org"), 40)
        for name, address in (("A Refus", "refused"), ("B Plus Tard", "later"), ("C Attente", "waiting"))
    ]
    assert remind(workplace) == ["Refusé", "Différé", "En attente"]
    workplace.add_resident("Aubert", "aubert@example.org")
    workplace.run()
    workplace.relay.script()
    with writing(workplace.database) as session:
        session.execute(update(Delivery).where(Delivery.state == S.DEFERRED).values(not_before=utc_now()))
    assert [document.kind for document in waiting_documents(PERIOD)] == ["invoice"]
    documents = waiting_documents("")
    assert sorted(document.label.partition(" · ")[0] for document in documents) == [
        "AUBERT Alix",
        "B Plus Tard",
        "C Attente",
    ]
    run = str(uuid4())
    assert set(mail(documents, run)) == {"Envoyé"}
    failures = read_failures("")
    assert (len(failures.reminders), failures.stuck) == (1, frozenset())
    outcome = resent(run, documents, failures, [], forced=False)
    assert not outcome.failed
    assert outcome.sentence == (
        "Reprise de 1 facture et 2 relances : 3 envoyées. Relances de clients en échec, qui ne repartent pas de force "
        ": 1. Imprimez-les, ou corrigez l'adresse, importez-la et relancez « relances »."
    )
    plan_by_force(str(uuid4()), PERIOD, "essai", to_all=True)
    assert waiting_documents("") == []
    assert [overdue(workplace)[number].coverage for number in numbers] == [
        Coverage.FAILED,
        Coverage.MAILED,
        Coverage.MAILED,
    ]
