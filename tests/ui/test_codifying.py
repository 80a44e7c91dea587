"""codifier-une-structure on the screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.ui.clerk import Clerk

SUBJECT = "Objet du mail de facture"


@pytest.mark.usefixtures("imported")
def test_the_clerk_sets_a_structure_in_a_form(clerk: Clerk) -> None:
    """The form is filled in; a wrong keyword is shown again with its fault; then it is saved, and the page shows it."""
    clerk.start("codifier-une-structure", structure="HORIZON")
    clerk.wait_for("Suspended")
    form = clerk.resume()
    assert clerk.value(form, "Adresse d'expéditeur") == "factures.horizon@example.org"
    clerk.fill(form, "Vos initiales", "JM")
    clerk.fill(form, SUBJECT, "Foyer L'Horizon, facture : &perid")
    clerk.look("filled")
    clerk.submit(form)

    clerk.wait_for("Suspended")
    form = clerk.resume()
    clerk.look("fault")
    expect(form).to_contain_text("Rien n'est enregistré.")
    expect(form).to_contain_text("écrivez « &periode »")
    assert clerk.value(form, SUBJECT) == "Foyer L'Horizon, facture : &perid"
    clerk.fill(form, SUBJECT, "Foyer L'Horizon, facture : &periode")
    clerk.submit(form)

    clerk.wait_for("Completed")
    assert clerk.message() == f"HORIZON : 1 réglage changé par JM ({SUBJECT})."
    page = clerk.open_newest("structure-horizon")
    clerk.look("saved")
    assert "Voici ce qui est enregistré" in page
    assert re.search(r"Objet : Foyer L'Horizon, facture : \w+ 20\d\d\n", page)
    expect(clerk.page.get_by_role("img", name="La première page de la facture")).to_be_visible()
