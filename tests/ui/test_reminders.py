"""relances on the screen: by e-mail and by letter."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.smtp_server import ScriptedServer
from tests.ui.clerk import Clerk

pytestmark = pytest.mark.usefixtures("imported")

DAY = "2024-11-15"
LEFT_OUT_CLIENT, HIS_ADDRESS = "Restaurant Chez Maël", "compta8@client.test"
LEFT_OUT_INVOICE, HER_OTHER, HER_ADDRESS = "ESAT-2024-005", "ESAT-2024-006", "compta3@client.test"


def test_the_clerk_reminds_by_email_without_a_client_and_an_invoice(clerk: Clerk, relay: ScriptedServer) -> None:
    """A client who was taken out gets nothing; of an invoice that was taken out the mail does not speak."""
    before = len(relay.messages())
    clerk.start("relances", mode="e-mail", date_de_reference=DAY)
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text("Mode courant : e-mail")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.pick(form, "Retirer des clients", LEFT_OUT_CLIENT)
    clerk.pick(form, "Retirer des factures", LEFT_OUT_INVOICE)
    expect(form).to_contain_text(LEFT_OUT_CLIENT)  # she sees whom she chose, not "+1"
    expect(form).to_contain_text(LEFT_OUT_INVOICE)
    clerk.look("review")
    clerk.submit(form)
    clerk.wait_for("Completed")
    assert "10 envoyées" in clerk.message()
    mails = {
        message.recipients[0]: message_from_bytes(message.content, policy=default)
        for message in relay.messages()[before:]
    }
    assert len(mails) == 10
    assert HIS_ADDRESS not in mails
    body = mails[HER_ADDRESS].get_body(("plain",))
    assert body is not None
    assert HER_OTHER in body.get_content()
    assert LEFT_OUT_INVOICE not in body.get_content()
    page = clerk.open_artifact("À lire d'abord")
    clerk.look("result")
    assert "Hôtel du Bac & Fils" in page


def test_the_clerk_reminds_by_letter(clerk: Clerk, relay: ScriptedServer) -> None:
    """In the mode "courrier" nothing is mailed, and the run names the file to print, which lies there."""
    before = len(relay.messages())
    clerk.start("relances", mode="courrier", date_de_reference=DAY)
    clerk.wait_for("Suspended")
    form = clerk.resume()
    expect(form).to_contain_text("Mode courant : courrier")
    clerk.fill(form, "Vos initiales", "JM")
    clerk.look("review")
    clerk.submit(form)
    clerk.wait_for("Completed")
    [file] = (Path(clerk.facteur.env["FACTEUR_VAR"]) / "impressions").glob("*.pdf")
    assert file.name in clerk.message()
    assert len(relay.messages()) == before
    clerk.open_artifact("À lire d'abord")
    clerk.look("result")
