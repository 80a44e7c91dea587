"""Take the README's pictures from a running Facteur, after ``factures-mensuelles`` has run there.

``.venv/bin/python docs/take_pictures.py http://127.0.0.1:4200``. The pictures show the data of that server: give it the
sample association (``facteur sample``, ``facteur import``), never a real one. It needs Debian's ``chromium``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WIDTH, HEIGHT = 1400, 900
SHOWN_WIDTH = 1780  # the whole table fits; the picture is scaled down to WIDTH
SETTLE_MS = 2500  # the graph and the tables move in
IMAGES = Path(__file__).parent / "images"


def newest(api: str, what: str, wanted: dict[str, Any]) -> str:
    """The id of the newest object that the Prefect server at ``api`` has; StopIteration when it has none."""
    body = json.dumps({"limit": 1, **wanted}).encode()
    request = Request(f"{api}/{what}/filter", body, {"Content-Type": "application/json"})  # noqa: S310  our own server
    with urlopen(request) as answer:  # noqa: S310
        return str(next(iter(json.load(answer)))["id"])


def save(page: Page, name: str) -> None:
    """Write what ``page`` shows to ``docs/images``."""
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / name)


def main(server: str) -> None:
    """Take the picture of the last campaign's run and of its result."""
    api = f"{server}/api"
    completed = {"state": {"type": {"any_": ["COMPLETED"]}}, "name": {"like_": "Factures "}}
    run = newest(api, "flow_runs", {"sort": "START_TIME_DESC", "flow_runs": completed})
    result = newest(
        api,
        "artifacts",
        {"sort": "CREATED_DESC", "artifacts": {"key": {"like_": "%-resultat"}, "flow_run_id": {"any_": [run]}}},
    )
    IMAGES.mkdir(exist_ok=True)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        scale = WIDTH / SHOWN_WIDTH
        page = browser.new_page(
            viewport={"width": SHOWN_WIDTH, "height": round(HEIGHT / scale)},
            device_scale_factor=scale,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        page.goto(f"{server}/runs/flow-run/{run}")
        page.get_by_text("Task Runs", exact=True).first.click()
        save(page, "campaign.png")
        page.goto(f"{server}/artifacts/artifact/{result}")
        page.get_by_role("table").wait_for()
        save(page, "result.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
