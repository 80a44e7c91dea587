"""One Facteur with a scripted relay for all browser tests, and a clerk in front of it for each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from flows.cli.commands.sample import write_sample
from tests.flows.facteur_process import PROJECT, Up, environment, facteur
from tests.smtp_server import ScriptedServer
from tests.ui.clerk import ARGUMENTS, CHROMIUM, SCREEN_MS, WINDOW, Clerk

PICTURES = PROJECT / "var" / "ui"

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note for the clerk that a test failed."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    with ScriptedServer(tmp_path_factory.mktemp("relay")) as server:
        yield server


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample association, as the billing software would have exported it."""
    folder = tmp_path_factory.mktemp("export")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def running(scripted: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A running ``facteur up`` that sends through the scripted relay, and knows nobody yet."""
    sending = {
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(scripted.port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
    }
    up = Up.start(environment(tmp_path_factory.mktemp("facteur") / "var", sending))
    yield up
    up.end()
    up.wait_until_nothing_is_left()


@pytest.fixture(scope="session")
def imported(running: Up, sample: Path) -> None:
    """The sample association is imported, if the test of the import has not done so before."""
    found = facteur("import", str(sample), env=running.env)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture
def relay(scripted: ScriptedServer) -> ScriptedServer:
    """The relay, which does everything right until the test tells it otherwise."""
    scripted.script()
    return scripted


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: .ci/chromium installs it")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS)) as chromium,
    ):
        yield chromium


@pytest.fixture
def clerk(browser: Browser, running: Up, request: pytest.FixtureRequest) -> Iterator[Clerk]:
    """A clerk with a window of her own; a failed test leaves its screen and the text on it in ``var/ui``."""
    pictures = PICTURES / re.sub(r"\W+", "-", request.node.name)
    pictures.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport=WINDOW, locale="fr-FR", timezone_id="Europe/Paris")
    page.set_default_timeout(SCREEN_MS)
    page.add_init_script(f"localStorage.setItem('prefect-password', btoa({running.login!r}))")  # as one who came before
    yield Clerk(page, running, pictures)
    if request.node.stash.get(_failed, False):
        _keep(page, pictures)
        shutil.copytree(Path(running.env["FACTEUR_VAR"]) / "logs", pictures / "logs", dirs_exist_ok=True)
    page.close()


def _keep(page: Page, pictures: Path) -> None:
    page.screenshot(path=pictures / "failed.png", full_page=True)
    (pictures / "failed.txt").write_text(f"{page.url}\n\n{page.locator('body').inner_text()}\n", encoding="utf-8")
    print(f"The screen when the test failed: {pictures}/failed.png, its text beside it.")
