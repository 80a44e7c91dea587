"""factures-mensuelles on the screen: the review, the progress, the result, and Retry."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.smtp_server import Moment, Rule, ScriptedServer
from tests.ui import ledger
from tests.ui.clerk import RUN_MS, Clerk

pytestmark = pytest.mark.usefixtures("imported")

KEPT_BACK = {"MAILLY Josiane": "TIL-202409-0001", "BERGER Claire": "TIL-202409-0055"}
UNKNOWN = "claire.berger55@example.com"


def test_what_the_clerk_takes_out_of_the_selection_is_not_sent(clerk: Clerk, relay: ScriptedServer) -> None:
    """She starts the month, opens the review, takes two residents out, watches it leave and reads the result."""
    relay.script(Rule(Moment.FINAL, seconds=0.2))  # slow enough to be watched
    before = len(relay.messages())
    run = clerk.start("factures-mensuelles", periode="2024-09")
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text("91 factures prêtes à partir vers 113 adresses")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.pick(form, "Retirer de cet envoi", *KEPT_BACK)
    clerk.look("review")
    clerk.submit(form)
    clerk.tab("Artifacts")
    expect(clerk.page.get_by_text(re.compile(r"^[1-9]\d? documents traités sur 89"))).to_be_visible(timeout=RUN_MS)
    clerk.look("progress")
    clerk.wait_for("Completed")
    assert clerk.message() == "89 factures de septembre 2024 : 89 envoyées."

    page = clerk.open_artifact("À lire d'abord")
    clerk.look("result")
    assert "89 factures de septembre 2024 : 89 envoyées." in page
    sent = ledger.invoice_deliveries(clerk.facteur, "2024-09")
    assert not {number for number, _ in sent} & set(KEPT_BACK.values())
    assert set(sent.values()) == {"accepted"}
    recipients = sorted(address for message in relay.messages()[before:] for address in message.recipients)
    assert recipients == sorted(address for _, address in sent)
    clerk.open_run(run)
    clerk.wait_for("Completed")


def test_retry_sends_what_was_waiting_and_leaves_the_refused(clerk: Clerk, relay: ScriptedServer) -> None:
    """The relay breaks down in mid-campaign; the run says what waits. Once it is repaired she presses Retry."""
    refused = Rule(Moment.RCPT, "550 5.1.1 Utilisateur inconnu", recipient=UNKNOWN)
    relay.script(refused, Rule(Moment.MAIL, "421 4.3.2 Service en maintenance", skip=40))
    before = len(relay.messages())
    run = clerk.start("factures-mensuelles", periode="2024-08", flip="relecture")
    clerk.wait_for("Failed")
    assert "en attente" in clerk.message()
    clerk.look("broken-down")
    page = clerk.open_artifact("À lire d'abord")
    clerk.look("broken-down-result")
    assert "Envoi arrêté" in page
    assert "« Retry »" in page

    relay.script(refused)
    clerk.open_run(run)
    clerk.retry()
    clerk.wait_for("Failed")
    assert "1 refusée" in clerk.message()
    assert "en attente" not in clerk.message()
    states = ledger.states(clerk.facteur, "2024-08")
    assert states["refused"] == 1
    assert set(states) == {"accepted", "refused"}
    assert len(relay.messages()) - before == states["accepted"]
    page = clerk.open_artifact("Échecs")
    clerk.look("failures")
    for words in ("BERGER Claire", UNKNOWN, "550 5.1.1", "Que faire"):
        assert words in page
