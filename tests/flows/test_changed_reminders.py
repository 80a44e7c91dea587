"""The review of relances when data changes meanwhile: what changed is shown, and asked again, before all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from flows.reminders import relances
from models.database.schema import migrate
from models.database.session import writing
from models.rules.coverage import Coverage
from models.tables.people import Client
from settings.load import load_settings
from tests.flows.form_driver import FormDriver, fields_of, form_of, pages_of
from tests.reminders_workplace import TODAY, add_client, add_overdue, note_import, overdue, pay
from tests.smtp_server.process import ScriptedServer
from tests.workplace import Workplace, add_structure

clerk = FormDriver(relances)

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def office(tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]) -> Workplace:
    """A structure with fresh balances, on SQLite."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    workplace = Workplace(database, relay)
    note_import(workplace)
    return workplace


def review(**parameters: Any) -> tuple[UUID, dict[str, Any], dict[str, Any]]:
    """A run that waits; what its form holds, and its fields."""
    run = clerk.create_run(**({"date_de_reference": TODAY.isoformat()} | parameters))
    state = clerk.work(run)
    held, _ = form_of(state, run)
    return run, held, fields_of(state, run)


def entries(fields: dict[str, Any], field: str, word: str) -> list[str]:
    return [label for label in fields[field]["items"]["enum"] if word in label]


def change_address(office: Workplace, code: str, address: str) -> None:
    with writing(office.database) as session:
        session.scalars(select(Client).where(Client.code == code)).one().email = address


def recipients(office: Workplace) -> list[str]:
    return sorted(message.recipients[0] for message in office.relay.messages())


def test_a_new_address_and_a_payment_are_asked_again_with_what_was_chosen(office: Workplace) -> None:
    """Mode, clients and invoices that were left out are held; what was paid is no longer offered."""
    garage, mairie = (add_client(office, name, f"{name.lower()}@example.org") for name in ("Garage", "Mairie"))
    port = add_client(office, "Port", "port@example.org")
    first, second, third = (add_overdue(office, garage, days) for days in (20, 18, 16))
    alone, left = add_overdue(office, mairie, 20), add_overdue(office, port, 20)
    run, held, fields = review()
    picks = {
        "retirer_des_clients": entries(fields, "retirer_des_clients", "Port"),
        "retirer_des_factures": entries(fields, "retirer_des_factures", third),
    }
    change_address(office, garage, "new@example.org")
    change_address(office, port, "newer@example.org")
    pay(office, first)
    pay(office, third)
    pay(office, alone)
    state = clerk.answer(run, held, vos_initiales="ML", **picks)
    held, words = form_of(state, run)
    fields = fields_of(state, run)
    assert f"adresse du client : garage@example.org → new@example.org ; à réclamer sur {first} : 120,00" in words
    assert f"à réclamer sur {alone} : 120,00 € → rien" in words
    assert third not in words
    assert "newer@" not in words
    assert "**2 clients** à relancer" in words
    assert held["vos_initiales"] == "ML"
    assert held["retirer_des_clients"] == picks["retirer_des_clients"]
    assert entries(fields, "retirer_des_clients", "Mairie") == []
    assert entries(fields, "retirer_des_factures", first) == []
    assert len(pages_of(run)) == 1
    assert "Changé depuis que le tableau a été montré (2)" in pages_of(run)[0]
    assert office.relay.messages() == []
    state = clerk.answer(run, held)
    assert state.is_completed(), state.message
    assert recipients(office) == ["new@example.org"]
    assert overdue(office)[second].coverage is Coverage.MAILED
    assert overdue(office)[left].coverage is Coverage.EXCLUDED


def test_what_was_paid_in_part_is_shown_with_what_is_left(office: Workplace) -> None:
    """And a client whose invoices are all paid is asked about, not dropped unseen."""
    number = add_overdue(office, add_client(office, "Garage", "garage@example.org"), 20)
    run, held, _ = review()
    pay(office, number, "50.00")
    state = clerk.answer(run, held, vos_initiales="ML")
    held, words = form_of(state, run)
    assert f"à réclamer sur {number} : 120,00 € → 50,00 €" in words
    pay(office, number)
    state = clerk.answer(run, held)
    held, words = form_of(state, run)
    assert f"à réclamer sur {number} : 50,00 € → rien" in words
    assert "**0 client" in words
    assert clerk.answer(run, held).is_completed()
    assert office.relay.messages() == []


def test_an_address_is_nothing_to_a_letter(office: Workplace) -> None:
    """Its change asks nobody again."""
    garage = add_client(office, "Garage", "garage@example.org")
    number = add_overdue(office, garage, 20)
    run, held, _ = review(mode="courrier")
    change_address(office, garage, "new@example.org")
    assert clerk.answer(run, held, vos_initiales="ML").is_completed()
    assert overdue(office)[number].coverage is Coverage.PRINTED


def test_a_switched_mode_and_the_letters_are_held(office: Workplace) -> None:
    """Nothing has to be said twice."""
    number = add_overdue(office, add_client(office, "Garage", "garage@example.org"), 20)
    add_overdue(office, add_client(office, "Sans Adresse"), 20)
    run, held, _ = review()
    pay(office, number, "50.00")
    state = clerk.answer(run, held, vos_initiales="ML", mode="courrier", editer_les_autres=True)
    held, _ = form_of(state, run)
    assert (held["mode"], held["editer_les_autres"]) == ("courrier", True)
    assert clerk.answer(run, held).is_completed()
    assert office.relay.messages() == []
