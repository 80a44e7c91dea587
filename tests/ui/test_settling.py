"""regler-les-incertains on the screen."""

from __future__ import annotations

import pytest

from tests.smtp_server import How, Moment, Rule, ScriptedServer
from tests.ui import ledger
from tests.ui.clerk import Clerk

PERIOD = "2024-11"
ADDRESS = "alix.lenoir@example.org"


@pytest.mark.usefixtures("imported")
def test_the_clerk_settles_an_uncertain_sending(clerk: Clerk, relay: ScriptedServer) -> None:
    """The line is cut just after the dot; the clerk reads the evidence, has it sent again, and it leaves once."""
    number = ledger.add_invoice(clerk.facteur, PERIOD, "LENOIR", ADDRESS)
    relay.script(Rule(Moment.FINAL, how=How.DROP, recipient=ADDRESS))
    before = len(relay.messages())
    clerk.start("factures-mensuelles", periode=PERIOD, flip="relecture")
    clerk.wait_for("Failed")
    assert "1 incertaine" in clerk.message()
    assert ledger.invoice_deliveries(clerk.facteur, PERIOD) == {(number, ADDRESS): "uncertain"}

    relay.script()
    run = clerk.start("regler-les-incertains", periode=PERIOD)
    clerk.wait_for("Suspended")
    evidence = clerk.open_artifact("Envois incertains : les indices")
    clerk.look("evidence")
    assert ADDRESS in evidence
    clerk.open_run(run)
    form = clerk.resume()
    clerk.fill(form, "Vos initiales", "JM")
    clerk.fill(form, "Comment le savez-vous ?", "La résidente n'a rien reçu, vu par téléphone")
    clerk.pick(form, "À renvoyer à l'identique", "LENOIR Alix")
    clerk.look("settling")
    clerk.submit(form)
    clerk.wait_for("Completed")
    assert clerk.message() == "1 décision de JM : 1 à renvoyer (1 envoyée)."
    assert ledger.invoice_deliveries(clerk.facteur, PERIOD) == {(number, ADDRESS): "accepted"}
    assert [message.recipients for message in relay.messages()[before:]] == [(ADDRESS,)]
