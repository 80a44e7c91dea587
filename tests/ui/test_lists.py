"""Lists to choose from, in any form of Prefect's UI."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.clerk import Clerk


def test_a_list_opens_with_a_click(clerk: Clerk) -> None:
    """The clerk points at the list of modes and clicks: it opens, and stays open."""
    found = clerk.facteur.api("GET", "/deployments/name/relances/facteur").json()
    clerk.page.goto(f"{clerk.facteur.address}/deployments/deployment/{found['id']}/run")
    clerk.page.locator("form .p-select-button__control").first.click()
    expect(clerk.page.locator(".p-select-option", has_text="courrier")).to_be_visible()
