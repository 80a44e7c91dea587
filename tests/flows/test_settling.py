"""regler-les-incertains and relancer-les-echecs against a real Prefect server and a real SMTP server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.input.actions import read_flow_run_input
from prefect.states import AwaitingRetry

from flows.resend import relancer_les_echecs
from flows.settle import regler_les_incertains
from models.database.schema import migrate
from models.rules.states import DeliveryState
from settings.load import load_settings
from tests.reminders_workplace import add_client, add_overdue, remind
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace, add_structure

S = DeliveryState

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


def create_run(periode: str = PERIOD) -> UUID:
    """A run of a deployment: no other can be suspended."""
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(regler_les_incertains)
        deployment = client.create_deployment(flow_id, name="essai")
        return client.create_flow_run_from_deployment(deployment, parameters={"periode": periode}).id


def work(flow_run_id: UUID) -> State[Any]:
    """What a worker does with a run."""
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(flow_run_id)
    with suppress(Pause):
        run_flow(regler_les_incertains, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(flow_run_id).state
    assert state is not None
    return state


def retry(flow_run_id: UUID) -> State[Any]:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run_id, AwaitingRetry(), force=True)
    return work(flow_run_id)


def form_of(state: State[Any], flow_run_id: UUID) -> dict[str, Any]:
    """The schema of the form that the run waits for."""
    keyset = state.state_details.run_input_keyset
    assert keyset is not None
    found: dict[str, Any] = read_flow_run_input(keyset["schema"], flow_run_id=flow_run_id)
    return found


def answer(flow_run_id: UUID, **lists: list[str]) -> None:
    with get_client(sync_client=True) as client:
        words = {"vos_initiales": "ML", "motif": "appel à la famille"}
        result = client.resume_flow_run(flow_run_id, run_input=words | lists)
    assert result.status == "ACCEPT", result


def test_a_person_settles_each_uncertain_delivery_in_a_form(office: Workplace) -> None:
    """The run waits with the evidence, does what was answered, and a Retry asks nothing and sends nothing again."""
    make_uncertain(office, "Aubert", "Blanc", "Caron")
    run = create_run()
    state = work(run)
    assert state.name == "Suspended"
    form = form_of(state, run)
    assert [form["properties"][name]["title"] for name in ("bien_arrives", "a_renvoyer", "a_retirer")] == [
        "Bien arrivés",
        "À renvoyer à l'identique",
        "À retirer",
    ]
    aubert, blanc, caron = form["properties"]["bien_arrives"]["items"]["enum"]
    with get_client(sync_client=True) as client:
        ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        (page,) = client.read_artifacts(artifact_filter=ours)
    assert "aubert@example.org" in str(page.data)
    assert "connexion coupée" in str(page.data)
    assert "closed by the server" not in str(page.data)
    office.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    answer(run, bien_arrives=[aubert], a_renvoyer=[blanc], a_retirer=[caron])
    state = work(run)
    assert state.is_failed()
    assert "3 décisions de ML : 1 bien arrivé, 1 à renvoyer (1 en attente), 1 retiré. Arrêt : " in (state.message or "")
    office.relay.script()
    state = retry(run)
    assert state.is_completed()
    assert state.message == "3 décisions de ML : 1 bien arrivé, 1 à renvoyer (1 envoyée), 1 retiré."
    assert [d.state for d in office.deliveries()] == [S.ACCEPTED, S.ACCEPTED, S.WITHDRAWN]
    contents = [m.content for m in office.relay.messages() if m.recipients == ("blanc@example.org",)]
    assert len(contents) == 2
    assert len(set(contents)) == 1
    assert len(office.relay.messages()) == 4
    retry(run)
    assert len(office.relay.messages()) == 4


def test_an_entry_in_two_lists_fails_the_run_and_changes_nothing(office: Workplace) -> None:
    """One sentence that names it; the Retry of that run says the same."""
    make_uncertain(office, "Aubert")
    run = create_run()
    (label,) = form_of(work(run), run)["properties"]["a_renvoyer"]["items"]["enum"]
    answer(run, bien_arrives=[label], a_renvoyer=[label])
    for state in (work(run), retry(run)):
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
    run = create_run(periode="")
    (label,) = form_of(work(run), run)["properties"]["a_renvoyer"]["items"]["enum"]
    assert label.startswith("Dupont SARL · relance 1 · dupont@example.org · ")
    with get_client(sync_client=True) as client:
        ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        (page,) = client.read_artifacts(artifact_filter=ours)
    assert "| Dupont SARL<br>relance 1 | dupont@example.org<br>client |" in str(page.data)
    answer(run, a_renvoyer=[label])
    state = work(run)
    assert state.is_completed()
    assert state.message == "1 décision de ML : 1 à renvoyer (1 envoyée)."
    first, second = office.relay.messages()
    assert first.content == second.content
