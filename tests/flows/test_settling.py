"""regler-les-incertains and relancer-les-echecs against a real Prefect server and a real SMTP server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.resend import relancer_les_echecs
from flows.settle import regler_les_incertains
from models.database.schema import migrate
from models.rules.states import DeliveryState
from settings.load import load_settings
from tests.flows.form_driver import FormDriver, fields_of, pages_of
from tests.reminders_workplace import add_client, add_overdue, remind
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace, add_structure

S = DeliveryState

clerk = FormDriver(regler_les_incertains)
SAID = {"vos_initiales": "ML", "motif": "appel à la famille"}

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> Workplace:
    """A workplace on SQLite: the two databases are the matter of the integration tests."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    return Workplace(database, relay)


def make_uncertain(office: Workplace, *names: str) -> None:
    office.relay.script(Rule(Moment.FINAL, how=How.DROP, stored=True))
    for name in names:
        office.add_resident(name, f"{name.lower()}@example.org")
    assert office.run() == ["Incertain"] * len(names)
    office.relay.script()


def test_a_person_settles_each_uncertain_delivery_in_a_form(office: Workplace) -> None:
    """The run waits with the evidence, does what was answered, and a Retry asks nothing and sends nothing again."""
    make_uncertain(office, "Aubert", "Blanc", "Caron")
    run = clerk.create_run(periode=PERIOD)
    form = fields_of(clerk.work(run), run)
    assert [form[name]["title"] for name in ("bien_arrives", "a_renvoyer", "a_retirer")] == [
        "Bien arrivés",
        "À renvoyer à l'identique",
        "À retirer",
    ]
    aubert, blanc, caron = form["bien_arrives"]["items"]["enum"]
    (page,) = pages_of(run)
    assert "aubert@example.org" in page
    assert "connexion coupée" in page
    assert "closed by the server" not in page
    office.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    state = clerk.answer(run, SAID, bien_arrives=[aubert], a_renvoyer=[blanc], a_retirer=[caron])
    assert state.is_failed()
    assert "3 décisions de ML : 1 bien arrivé, 1 à renvoyer (1 en attente), 1 retiré. Arrêt : " in (state.message or "")
    office.relay.script()
    state = clerk.retry(run)
    assert state.is_completed()
    assert state.message == "3 décisions de ML : 1 bien arrivé, 1 à renvoyer (1 envoyée), 1 retiré."
    assert [d.state for d in office.deliveries()] == [S.ACCEPTED, S.ACCEPTED, S.WITHDRAWN]
    contents = [m.content for m in office.relay.messages() if m.recipients == ("blanc@example.org",)]
    assert len(contents) == 2
    assert len(set(contents)) == 1
    assert len(office.relay.messages()) == 4
    clerk.retry(run)
    assert len(office.relay.messages()) == 4


def test_an_entry_in_two_lists_fails_the_run_and_changes_nothing(office: Workplace) -> None:
    """One sentence that names it; the Retry of that run says the same."""
    make_uncertain(office, "Aubert")
    run = clerk.create_run(periode=PERIOD)
    (label,) = fields_of(clerk.work(run), run)["a_renvoyer"]["items"]["enum"]
    for state in (clerk.answer(run, SAID, bien_arrives=[label], a_renvoyer=[label]), clerk.retry(run)):
        assert state.is_failed()
        assert (state.message or "").startswith(f"Rien n'a été changé : {label} est dans deux listes")
    assert [d.state for d in office.deliveries()] == [S.UNCERTAIN]
    assert len(office.relay.messages()) == 1


def test_nothing_to_settle_and_nothing_to_send_again_are_sentences(office: Workplace) -> None:
    """No suspension, no red run."""
    for flow, sentence in (
        (regler_les_incertains, "Aucun envoi n'est incertain : il n'y a rien à régler."),
        (relancer_les_echecs, "Rien à relancer : aucun envoi n'attend."),
    ):
        state = flow(return_state=True)
        assert state.is_completed()
        assert state.message == sentence


def test_the_refused_leave_again_by_force_with_a_reason(office: Workplace) -> None:
    """Without period or reason nothing leaves, and the sentence says what is missing."""
    office.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user"))
    office.add_resident("Aubert", "aubert@example.org")
    assert office.run() == ["Refusé"]
    office.relay.script()
    state = relancer_les_echecs(periode=PERIOD, forcer_les_refuses=True, return_state=True)
    assert state.is_failed()
    assert "« motif »" in state.message
    assert office.relay.messages() == []
    state = relancer_les_echecs(periode=PERIOD, motif="boîte rouverte", forcer_les_refuses=True, return_state=True)
    assert state.is_completed()
    assert state.message == "Reprise de 1 facture : 1 envoyée."
    assert [(d.version, d.state) for d in office.deliveries()] == [(1, S.REFUSED), (2, S.ACCEPTED)]


def test_what_a_stopped_campaign_left_of_invoices_and_reminders_leaves_in_one_run(office: Workplace) -> None:
    """Each kind through its own server, and one sentence for both."""
    client = add_client(office, "Dupont SARL", "dupont@example.org")
    add_overdue(office, client, 40)
    office.add_resident("Aubert", "aubert@example.org")
    office.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    assert remind(office) == ["En attente"]
    assert office.run() == ["En attente"]
    office.relay.script()
    state = relancer_les_echecs(return_state=True)
    assert state.is_completed()
    assert state.message == "Reprise de 1 facture et 1 relance : 2 envoyées."
    assert sorted(m.recipients[0] for m in office.relay.messages()) == ["aubert@example.org", "dupont@example.org"]


def test_an_uncertain_reminder_is_settled_in_the_same_form(office: Workplace) -> None:
    """Named by client and level; what is to be sent again leaves at once, the same."""
    add_overdue(office, add_client(office, "Dupont SARL", "dupont@example.org"), 40)
    office.relay.script(Rule(Moment.FINAL, how=How.DROP, stored=True))
    assert remind(office) == ["Incertain"]
    office.relay.script()
    run = clerk.create_run(periode="")
    (label,) = fields_of(clerk.work(run), run)["a_renvoyer"]["items"]["enum"]
    assert label.startswith("Dupont SARL · relance 1 · dupont@example.org · ")
    (page,) = pages_of(run)
    assert "| Dupont SARL<br>relance 1 | dupont@example.org<br>client |" in page
    state = clerk.answer(run, SAID, a_renvoyer=[label])
    assert state.is_completed()
    assert state.message == "1 décision de ML : 1 à renvoyer (1 envoyée)."
    first, second = office.relay.messages()
    assert first.content == second.content
