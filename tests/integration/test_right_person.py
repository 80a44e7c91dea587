"""The property that everything else serves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.database.schema import migrate
from models.rules.recipients import NoAddress, normalise, resolve_recipients
from models.values.kinds import RecipientPolicy
from tests.integration.test_campaigns import pdf_text
from tests.smtp_server.process import ScriptedServer
from tests.workplace import Workplace, add_structure

ADDRESSES = st.sampled_from(["", "a@example.org", "A@example.org", "b@example.org", "c@example.org", "d@example.org"])
RESIDENTS = st.lists(st.tuples(ADDRESSES, ADDRESSES, st.sampled_from(RecipientPolicy)), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(residents=RESIDENTS)
def test_no_message_carries_the_invoice_of_somebody_else(
    residents: list[tuple[str, str, RecipientPolicy]],
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever the addresses and policies: the messages are exactly what the residents' data ask for."""
    folder: Path = tmp_path_factory.mktemp("property")
    database = f"sqlite:///{folder / 'facteur.db'}"
    migrate(database)
    settings_for(database, relay)
    add_structure(database)
    workplace = Workplace(database, relay)
    before = len(relay.messages())
    expected = set()
    for own, guardian, policy in residents:
        number = workplace.add_resident("Nom", own, guardian, policy)
        found = resolve_recipients(policy, own, guardian)
        if not isinstance(found, NoAddress):
            expected |= {(normalise(recipient.address), number) for recipient in found}
    workplace.run()
    sent = []
    for message in relay.messages()[before:]:
        (address,) = message.recipients
        numbers = set(re.findall(r"F-[0-9a-f]{8}", pdf_text(message)))
        assert len(numbers) == 1
        sent.append((normalise(address), numbers.pop()))
    assert sorted(sent) == sorted(expected)
