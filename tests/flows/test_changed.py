"""The review of factures-mensuelles when data changes meanwhile: what changed is shown, and asked again, before all."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.flow_runs import suspend_flow_run
from sqlalchemy import select

from flows.invoices import factures_mensuelles
from models.database.schema import migrate
from models.database.session import writing
from models.tables.campaign import Campaign, CampaignLine
from models.tables.invoice import Invoice
from models.tables.people import Guardian, Resident
from models.values.kinds import RecipientPolicy
from settings.load import load_settings
from tests.flows.form_driver import FormDriver, fields_of, form_of, pages_of
from tests.smtp_server.process import ScriptedServer
from tests.workplace import PERIOD, Workplace, add_structure

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


def change_resident(office: Workplace, name: str, **values: Any) -> None:
    """What an import does to a resident; ``guardian_name`` is the guardian's."""
    with writing(office.database) as session:
        resident = session.scalars(select(Resident).where(Resident.last_name == name)).one()
        if guardian_name := values.pop("guardian_name", ""):
            resident.guardian = Guardian(code=f"N-{name}", last_name=guardian_name, email=resident.guardian.email)  # type: ignore[union-attr]
        for attribute, value in values.items():
            setattr(resident, attribute, value)


def change_amount(office: Workplace, number: str, amount: str) -> None:
    with writing(office.database) as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        invoice.total_excl_tax = invoice.total_incl_tax = invoice.balance = Decimal(amount)
        invoice.lines[0].amount = Decimal(amount)


def recipients(office: Workplace) -> list[str]:
    return sorted(message.recipients[0] for message in office.relay.messages())


@pytest.fixture
def review(office: Workplace) -> UUID:
    """A run that waits with its form: three residents, the first of them with a guardian."""
    office.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    office.add_resident("Blanc", "blanc@example.org")
    office.add_resident("Caron", "caron@example.org")
    run = clerk.create_run(periode=PERIOD)
    assert clerk.work(run).name == "Suspended"
    return run


def labels(fields: dict[str, Any], field: str) -> list[str]:
    found: list[str] = fields[field]["items"]["enum"]
    return found


def first_form(run: UUID) -> tuple[dict[str, Any], list[str]]:
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
    assert state is not None
    held, _ = form_of(state, run)
    return held, labels(fields_of(state, run), "retirer")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        pytest.param({"email": "new@example.org"}, "du résident : aubert@example.org → new@example.org", id="own"),
        pytest.param({"email": ""}, "adresse du résident : aubert@example.org → aucune", id="removed"),
        pytest.param({"guardian_name": "Autre"}, "tuteur : TUTEUR → AUTRE", id="guardian"),
        pytest.param(
            {"recipients": RecipientPolicy.RESIDENT}, "adresse du tuteur : tuteur@example.org → aucune", id="policy"
        ),
        pytest.param(
            {"recipients": RecipientPolicy.PAPER},
            "adresse du résident : aubert@example.org → aucune ; adresse du tuteur : tuteur@example.org → aucune",
            id="paper",
        ),
    ],
)
def test_what_changed_since_the_table_is_asked_again_with_what_was_chosen(
    office: Workplace, review: UUID, values: dict[str, Any], sentence: str
) -> None:
    """Nothing has left; the new form names the line, and holds the initials and the picks."""
    held, (_, blanc, _) = first_form(review)
    change_resident(office, "Aubert", **values)
    state = clerk.answer(review, held, vos_initiales="ML", retirer=[blanc])
    held, words = form_of(state, review)
    assert "Rien n'est encore parti" in words
    assert "**AUBERT Alix · " in words
    assert sentence.replace("_", "\\_") in words
    assert office.relay.messages() == []
    assert (held["vos_initiales"], held["retirer"]) == ("ML", [blanc])
    assert any("Changé depuis que le tableau a été montré (1)" in page for page in pages_of(review))
    assert len(pages_of(review)) == 1  # the plan, brought up to date

    state = clerk.answer(review, held)
    assert state.is_completed(), state.message
    expected = {"aubert@example.org", "tuteur@example.org", "caron@example.org"}
    if "email" in values:
        expected = expected - {"aubert@example.org"} | ({values["email"]} - {""})
    if "recipients" in values:
        expected -= {"tuteur@example.org"}
    if values.get("recipients") == RecipientPolicy.PAPER:
        expected = {"caron@example.org"}
    assert recipients(office) == sorted(expected)


def test_an_amount_that_changed_is_asked_again_and_the_entries_have_the_new_one(office: Workplace) -> None:
    """What was taken out stays taken out, though its entry reads otherwise now."""
    numbers = [office.add_resident(name, f"{name.lower()}@example.org") for name in ("Aubert", "Blanc")]
    run = clerk.create_run(periode=PERIOD)
    clerk.work(run)
    held, (_, blanc) = first_form(run)
    for number in numbers:
        change_amount(office, number, "250.00")
    state = clerk.answer(run, held, vos_initiales="ML", retirer=[blanc])
    held, words = form_of(state, run)
    assert "montant HT : 100,00" in words
    assert "BLANC" not in words  # it does not leave: no reason to ask again
    (kept,) = held["retirer"]
    assert kept.startswith("BLANC")
    assert "250,00" in kept
    assert clerk.answer(run, held).is_completed()
    assert recipients(office) == ["aubert@example.org"]


def test_what_was_taken_out_may_change_as_it_likes(office: Workplace, review: UUID) -> None:
    """Only what leaves is compared."""
    held, (_, blanc, _) = first_form(review)
    change_resident(office, "Blanc", email="other@example.org")
    assert clerk.answer(review, held, vos_initiales="ML", retirer=[blanc]).is_completed()
    assert recipients(office) == ["aubert@example.org", "caron@example.org", "tuteur@example.org"]


def test_a_retry_before_the_second_answer_asks_again_what_changed(office: Workplace, review: UUID) -> None:
    """The first answer never counts for what it did not show, however often the run is started again."""
    held, (_, blanc, _) = first_form(review)
    change_resident(office, "Aubert", email="new@example.org")
    clerk.answer(review, held, vos_initiales="ML", retirer=[blanc])
    change_resident(office, "Caron", email="newer@example.org")
    held, words = form_of(clerk.retry(review), review)
    assert "new@example.org" in words
    assert "newer@example.org" in words
    assert held["retirer"] == [blanc]
    state = clerk.answer(review, held, retirer=[])
    assert state.is_completed(), state.message
    assert recipients(office) == ["blanc@example.org", "new@example.org", "newer@example.org", "tuteur@example.org"]


def test_changed_back_while_the_second_form_waits_is_no_change_for_the_first_answer(
    office: Workplace, review: UUID
) -> None:
    """Who answered saw what is so again."""
    held, _ = first_form(review)
    change_resident(office, "Aubert", email="new@example.org")
    assert clerk.answer(review, held, vos_initiales="ML").name == "Suspended"
    change_resident(office, "Aubert", email="aubert@example.org")
    assert clerk.retry(review).is_completed()
    assert "aubert@example.org" in recipients(office)


def test_a_retry_of_a_review_that_waits_gives_a_form_that_can_be_answered(office: Workplace, review: UUID) -> None:
    """Under a key that no form of the run had."""
    held, _ = form_of(clerk.retry(review), review)
    assert clerk.answer(review, held, vos_initiales="ML").is_completed()
    assert len(office.relay.messages()) == 4


def test_a_run_that_stored_its_choice_never_asks_again(office: Workplace, review: UUID) -> None:
    """What changes after that follows today's data."""
    held, _ = first_form(review)
    assert clerk.answer(review, held, vos_initiales="ML").is_completed()
    change_resident(office, "Aubert", email="new@example.org")
    assert clerk.retry(review).is_completed()
    assert len(office.relay.messages()) == 4


def test_a_trial_is_asked_again_too(office: Workplace) -> None:
    """Its review shows the real addresses."""
    office.add_resident("Aubert", "aubert@example.org")
    run = clerk.create_run(periode=PERIOD, rediriger_vers="essai@example.org")
    clerk.work(run)
    held, _ = first_form(run)
    change_resident(office, "Aubert", email="new@example.org")
    held, words = form_of(clerk.answer(run, held, vos_initiales="ML"), run)
    assert "aubert@example.org → new@example.org" in words
    assert clerk.answer(run, held).is_completed()
    assert recipients(office) == ["essai@example.org"]


def test_an_unattended_run_is_not_asked(office: Workplace) -> None:
    """It has shown nothing to anybody."""
    office.add_resident("Aubert", "aubert@example.org")
    assert clerk.work(clerk.create_run(periode=PERIOD, relecture=False)).is_completed()
    assert recipients(office) == ["aubert@example.org"]


class TestOfTheVersionBefore:
    """Reviews that were open, or answered, when Facteur was updated: one form, under the key "relecture"."""

    @pytest.fixture
    def review(self, office: Workplace) -> UUID:
        office.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
        office.add_resident("Blanc", "blanc@example.org")
        run = clerk.create_run(periode=PERIOD)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "flows.forms.Form.ask_as_number",
                lambda form, _number: suspend_flow_run(wait_for_input=form._model(), key="relecture", timeout=600),
            )
            clerk.work(run)
        with writing(office.database) as session:  # the lines did not keep the guardian
            for line in session.scalars(select(CampaignLine)):
                line.shown = {key: value for key, value in line.shown.items() if key != "guardian"}
        return run

    def test_an_open_review_can_be_answered(self, office: Workplace, review: UUID) -> None:
        held, (aubert, _) = first_form(review)
        assert clerk.answer(review, held, vos_initiales="ML", retirer=[aubert]).is_completed()
        assert recipients(office) == ["blanc@example.org"]

    def test_what_changed_is_asked_again_under_a_key_of_its_own(self, office: Workplace, review: UUID) -> None:
        held, _ = first_form(review)
        change_resident(office, "Aubert", email="new@example.org", guardian_name="Autre")
        state = clerk.answer(review, held, vos_initiales="ML")
        held, words = form_of(state, review)
        assert "aubert@example.org → new@example.org" in words
        assert "AUTRE" not in words
        assert clerk.answer(review, held).is_completed()
        assert recipients(office) == ["blanc@example.org", "new@example.org", "tuteur@example.org"]

    def test_a_retry_of_an_open_review_shows_a_form_that_can_be_answered(self, office: Workplace, review: UUID) -> None:
        held, _ = form_of(clerk.retry(review), review)
        assert clerk.answer(review, held, vos_initiales="ML").is_completed()


def test_who_reviewed_is_stored_with_the_choice(office: Workplace, review: UUID) -> None:
    """The initials of the answer that was stored, not of the one that was refused."""
    held, _ = first_form(review)
    change_resident(office, "Aubert", email="new@example.org")
    held, _ = form_of(clerk.answer(review, held, vos_initiales="ML"), review)
    clerk.answer(review, held, vos_initiales="JD")
    with writing(office.database) as session:
        assert session.scalars(select(Campaign)).one().chosen_by == "JD"
