"""Take the README's picture from a running Facteur: ``.venv/bin/python docs/take_pictures.py http://127.0.0.1:4200``.

It shows the result page of the last run for a period, so run a campaign first. The data is that of the server: give it
the sample association, never a real one.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
OFFLINE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1400, 900
PATIENCE_MS = 30_000
IMAGES = Path(__file__).parent / "images"


def take(browser: Browser, address: str, shown_text: str, file: Path) -> None:
    """Open ``address``, wait until ``shown_text`` is on the page, and write the picture to ``file``."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="fr-FR", timezone_id="Europe/Paris")
    page.goto(address)
    page.get_by_text(shown_text).first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(2000)  # the UI's charts move in
    file.write_bytes(page.screenshot())
    page.close()
