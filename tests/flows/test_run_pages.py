"""The pages of a run of factures-mensuelles: one under each key, whatever happens to the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact, State
from prefect.states import Cancelled, Crashed

from flows.invoices import factures_mensuelles
from flows.resend import reprendre_les_differes
from models.database.schema import migrate
from settings.load import load_settings
from tasks.campaigns.stored import open_runs
from tests.flows.form_driver import FormDriver, form_of
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Moment, Rule
from tests.workplace import PERIOD, Workplace, add_structure

RESULT = f"1-a-lire-d-abord-factures-{PERIOD}"

clerk = FormDriver(factures_mensuelles)

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> Workplace:
    """A workplace on SQLite: the two databases are the matter of the integration tests."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    return Workplace(database, relay)


def pages_by_key(run: UUID) -> dict[str, list[Artifact]]:
    """Everything that a run has published; the bar that shows how far it is has no key."""
    with get_client(sync_client=True) as client:
        ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        found: dict[str, list[Artifact]] = {}
        for page in client.read_artifacts(artifact_filter=ours):
            found.setdefault(page.key or "", []).append(page)
    return found


def test_a_retry_brings_the_pages_up_to_date_and_makes_no_second_ones(office: Workplace) -> None:
    """Under the addresses that they had, so that every link still leads to them."""
    office.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user"))
    office.add_resident("Aubert", "aubert@example.org")
    office.add_resident("Blanc")
    run = clerk.create_run(periode=PERIOD, relecture=False)
    assert clerk.work(run).is_failed()
    before = pages_by_key(run)
    assert sorted(before) == [
        "",
        RESULT,
        f"2-echecs-factures-{PERIOD}",
        f"3-sans-e-mail-factures-{PERIOD}",
        f"4-couverture-factures-{PERIOD}",
        f"5-plan-factures-{PERIOD}",
    ]
    assert "(2 au total)" in str(before[RESULT][0].data)
    office.add_resident("Caron")
    assert clerk.retry(run).is_failed()
    after = pages_by_key(run)
    assert {key: [page.id for page in pages] for key, pages in after.items()} == {
        key: [page.id] for key, (page,) in before.items()
    }
    assert "(3 au total)" in str(after[RESULT][0].data)
    assert f"/artifacts/artifact/{before[f'3-sans-e-mail-factures-{PERIOD}'][0].id}" in str(after[RESULT][0].data)


def test_two_runs_of_a_month_have_their_own_pages_under_the_same_keys(office: Workplace) -> None:
    """What a run said stays; the history of a key has both."""
    office.add_resident("Aubert", "aubert@example.org")
    runs = [clerk.create_run(periode=PERIOD, relecture=False) for _ in range(2)]
    first, second = ((clerk.work(run), pages_by_key(run))[1] for run in runs)
    assert {key for key in first if key} == {key for key in second if key}
    assert first[RESULT][0].id != second[RESULT][0].id


def stop(run: UUID, state: State[Any]) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, state, force=True)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        pytest.param(Cancelled(), "l'exécution a été annulée", id="cancelled while it waited"),
        pytest.param(Crashed(), "l'exécution s'est interrompue avant sa fin", id="its worker died"),
    ],
)
def test_the_next_resumption_reports_what_was_stopped_and_once(
    office: Workplace, state: State[Any], sentence: str
) -> None:
    """Of a run that is over, and of no other; a Retry opens its campaign again, and brings the page up to date."""
    office.add_resident("Aubert", "aubert@example.org")
    run = clerk.create_run(periode=PERIOD)
    assert clerk.work(run).name == "Suspended"
    nothing = "Aucun envoi différé n'est à reprendre."
    assert reprendre_les_differes(return_state=True).message == nothing
    stop(run, state)
    message = reprendre_les_differes(return_state=True).message
    assert message == f"{nothing} Compte rendu publié : 1 exécution arrêtée."
    (page,) = pages_by_key(run)[RESULT]
    assert sentence in str(page.data)
    assert "Rien n'est parti : la relecture n'a pas été validée." in str(page.data)
    assert reprendre_les_differes(return_state=True).message == nothing

    waiting = clerk.retry(run)
    assert waiting.name == "Suspended"
    other = clerk.work(clerk.create_run(periode=PERIOD))
    assert "Une relecture de la même période attend déjà" in (other.message or "")
    assert reprendre_les_differes(return_state=True).message == nothing  # it has said why: there is no more to tell
    held, _ = form_of(waiting, run)
    assert clerk.answer(run, held, vos_initiales="ML").is_completed()
    (after,) = pages_by_key(run)[RESULT]
    assert after.id == page.id
    assert "Relu par **ML**" in str(after.data)
    assert sentence not in str(after.data)


def test_a_campaign_whose_run_prefect_forgot_is_closed_without_a_page(office: Workplace) -> None:
    """There is nobody to show it to."""
    office.add_resident("Aubert", "aubert@example.org")
    office.plan()
    assert len(open_runs()) == 1
    assert reprendre_les_differes(return_state=True).message == "Aucun envoi différé n'est à reprendre."
    assert open_runs() == []
