"""A clerk at the screen: what a person does in Prefect's UI, in a real browser, and what can be read there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect

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
WINDOW: ViewportSize = {"width": 1400, "height": 900}
SMALL_SCREEN: ViewportSize = {"width": 1366, "height": 650}
SCREEN_MS = 20_000  # what the screen itself needs, on a busy machine
RUN_MS = 120_000  # a worker takes the run up, and a process of it works
ENDED = re.compile("Completed|Failed|Crashed|Cancelled|Suspended")


@dataclass(frozen=True)
class Clerk:
    """A person with a browser in front of a Facteur; ``pictures`` is where the looks of a scenario are kept."""

    page: Page
    facteur: Up
    pictures: Path

    def start(self, flow: str, *, flip: str = "", **parameters: str) -> str:
        """Press "Run", "Custom run", fill the form in, flip the switch ``flip``, and go to the run; its id.

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
        if flip:
            self._field(form, flip).locator(".p-toggle__control").click()
        self.look(f"{flow}-form")
        with self.page.expect_response("**/create_flow_run") as answer:
            self.page.get_by_role("button", name="Submit").click()
        run = str(answer.value.json()["id"])
        self.open_run(run)  # where "View run" leads, which goes away after some seconds
        return run

    def wait_for(self, state: str) -> None:
        """Wait until the run on the screen is in ``state``: another end fails at once, with what the run says."""
        expect(self._badge()).to_have_text(ENDED, timeout=RUN_MS)
        expect(self._badge()).to_have_text(state)

    def _badge(self) -> Locator:
        return self.page.locator(".page-heading-flow-run__meta .state-badge")

    def message(self) -> str:
        """What the run on the screen says of its state, in its tab "Details"."""
        self.tab("Details")
        words = self.page.locator(".p-key-value", has_text="State Message").locator(".p-text-truncate")
        if words.get_by_text("See More").count():
            words.get_by_text("See More").click()
        return words.inner_text().removesuffix("See Less").strip()

    def tab(self, name: str) -> None:
        self.page.locator(".p-tabs").get_by_text(name, exact=True).click()

    def resume(self) -> Locator:
        """Press "Resume"; the form that opens. What it says first must be seen on a small screen too."""
        self.page.set_viewport_size(SMALL_SCREEN)
        self.page.get_by_role("button", name="Resume").click()
        form = self.page.get_by_role("dialog")
        expect(form.get_by_role("link", name="Voir ").first).to_be_in_viewport()
        self.look("form-on-a-small-screen")
        self.page.set_viewport_size(WINDOW)
        return form

    def retry(self) -> None:
        """Press "Retry" and confirm, and wait until the run is on its way again."""
        self.page.get_by_role("button", name="Retry").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Retry").click()
        expect(self._badge()).not_to_have_text(ENDED, timeout=RUN_MS)

    def value(self, form: Locator, title: str) -> str:
        """What stands in the field under ``title``."""
        return self._field(form, title).locator("textarea, input").input_value()

    def fill(self, form: Locator, title: str, value: str) -> None:
        self._field(form, title).locator("textarea, input").fill(value)

    def pick(self, form: Locator, title: str, *words: str) -> None:
        """Choose, from the list under ``title``, the entries that hold ``words``, each found by the search above it."""
        for word in words:
            self._choose(self._field(form, title), word)

    def submit(self, form: Locator) -> None:
        """Send the form; the server's answer is part of a failure."""
        with self.page.expect_response("**/resume") as answer:
            form.get_by_role("button", name="Submit").click()
        assert answer.value.ok, answer.value.text()
        form.wait_for(state="hidden")
        expect(self._badge()).not_to_have_text(ENDED, timeout=RUN_MS)

    def open_artifact(self, description: str) -> str:
        """Open, from the run on the screen, the artifact that is described so; the text of its page."""
        self.tab("Artifacts")
        self.page.get_by_text(description).first.click()
        self.page.wait_for_url("**/artifacts/artifact/**")
        return self.read_page()

    def open_newest(self, key: str) -> str:
        """Open the newest artifact under ``key``: a run's own list is in no order."""
        self.page.goto(f"{self.facteur.address}/artifacts/key/{key}")
        self.page.locator("a[href*='/artifacts/artifact/']").first.click()
        self.page.wait_for_url("**/artifacts/artifact/**")
        return self.read_page()

    def read_page(self) -> str:
        """The text of the Markdown page on the screen."""
        page = self.page.locator("article.artifact-data-markdown")
        page.wait_for()
        return page.inner_text()

    def open_run(self, run: str) -> None:
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
        self.page.locator(".p-select-option", has_text=words).click()
        if search.count():  # a list with several choices stays open
            search.press("Escape")
        expect(self.page.locator(".p-select-option")).to_have_count(0)
