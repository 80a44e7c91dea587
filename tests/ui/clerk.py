"""A clerk at the screen: what a person does in Prefect's UI, in a real browser, and what can be read there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.flows.facteur_process import Up

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN_MS = 20_000  # what the screen itself needs, on a busy machine
RUN_MS = 120_000  # a worker takes the run up, and a process of it works
ENDED = re.compile("Completed|Failed|Crashed|Cancelled|Suspended")


@dataclass(frozen=True)
class Clerk:
    """A person with a browser in front of a Facteur; ``pictures`` is where the looks of a scenario are kept."""

    page: Page
    facteur: Up
    pictures: Path

    def start(self, flow: str, **parameters: str) -> str:
        """Press "Run", "Custom run", fill the form in and follow "View run"; the run's id.

        Of a parameter that offers a choice the value is chosen from its list.
        """
        found = self.facteur.api("GET", f"/deployments/name/{flow}/facteur").json()
        self.page.goto(f"{self.facteur.address}/deployments/deployment/{found['id']}")
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_text("Custom run").click()
        form = self.page.locator("form")
        for name, value in parameters.items():
            field = self._field(form, name)
            field.wait_for()
            if field.locator(".p-select").count():
                self._choose(field, value)
            else:
                field.locator("textarea, input").fill(value)
        self.look(f"{flow}-form")
        self.page.get_by_role("button", name="Submit").click()
        self.page.get_by_role("button", name="View run").first.click()  # Prefect announces the run twice
        self.page.wait_for_url("**/runs/flow-run/**")
        return self.page.url.partition("/flow-run/")[2].partition("?")[0]

    def wait_for(self, state: str) -> None:
        """Wait until the run on the screen is in ``state``: another end fails at once, with what the run says."""
        badge = self.page.locator(".p-heading, .page-heading, main").locator(".state-badge").first
        expect(badge).to_have_text(ENDED, timeout=RUN_MS)
        expect(badge).to_have_text(state)

    def message(self) -> str:
        """What the run on the screen says of its state, in its tab "Details"."""
        self.tab("Details")
        words = self.page.locator(".p-key-value", has_text="State Message")
        return words.inner_text().partition("\n")[2]

    def tab(self, name: str) -> None:
        self.page.locator(".p-tabs").get_by_text(name, exact=True).click()

    def resume(self) -> Locator:
        """Press "Resume"; the form that opens."""
        self.page.get_by_role("button", name="Resume").click()
        form = self.page.get_by_role("dialog")
        form.get_by_text("Vos initiales").wait_for()
        return form

    def fill(self, form: Locator, title: str, value: str) -> None:
        self._field(form, title).locator("textarea, input").fill(value)

    def pick(self, form: Locator, title: str, *words: str) -> None:
        """Choose, from the list under ``title``, the entries that hold ``words``, each found by the search above it."""
        for word in words:
            self._choose(self._field(form, title), word)

    def submit(self, form: Locator) -> None:
        form.get_by_role("button", name="Submit").click()
        form.wait_for(state="hidden")

    def open_artifact(self, description: str) -> str:
        """Open, from the run on the screen, the artifact that is described so; the text of its page."""
        self.tab("Artifacts")
        self.page.get_by_text(description).first.click()
        self.page.wait_for_url("**/artifacts/artifact/**")
        return self.read_page()

    def read_page(self) -> str:
        """The text of the Markdown page on the screen."""
        page = self.page.locator(".artifact-description, article.markdown-renderer").last
        page.wait_for()
        return page.inner_text()

    def back_to(self, run: str) -> None:
        self.page.goto(f"{self.facteur.address}/runs/flow-run/{run}")

    def look(self, name: str) -> None:
        """Keep what the screen shows, for a person to look at."""
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def _field(self, form: Locator, title: str) -> Locator:
        label = self.page.locator(
            ".schema-form-property__label", has_text=re.compile(rf"^{re.escape(title)}( \(Opt|$)")
        )
        return form.locator(".schema-form-property").filter(has=label)

    def _choose(self, field: Locator, words: str) -> None:
        field.locator(".p-select-button__control").press("ArrowDown")
        search = self.page.get_by_role("combobox")
        if search.count():
            search.fill(words)
        self.page.locator(".p-select-option", has_text=words).first.click()
        if search.count():  # a list with several choices stays open
            self.page.keyboard.press("Escape")
