"""Take every picture of the guides from the running product: ``make pictures``.

A Facteur of its own, with the sample association in a temporary folder and the tests' scripted SMTP server, is started,
worked with as a clerk does, and thrown away. Nothing leaves the machine. It needs Debian's ``chromium`` and
``fonts-noto-color-emoji``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
from playwright.sync_api import Page, sync_playwright

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from tests.flows.facteur_process import Up, environment, facteur  # noqa: E402
from tests.smtp_server.process import ScriptedServer  # noqa: E402
from tests.smtp_server.script import How, Moment, Rule  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, SHOWN_HEIGHT = 1400, 1144
SHOWN_WIDTH = 1780  # the whole table fits; the picture is scaled down to WIDTH
SETTLE_MS = 2500  # the graph and the tables move in
PATIENCE_SECONDS = 300.0
BUSY = 503
FOLDER = Path("/tmp/facteur")  # noqa: S108  the pictures show its name; it must not be there yet
IMAGES = Path(__file__).parent / "images"
PERIOD, OVERDUE_AT = "2024-09", "2024-11-15"

# What goes wrong in the month that the pictures show: two kinds of refusal, "later", and a connection that is lost. The
# last ones are among the lines that a run shows first.
WEATHER = (
    Rule(Moment.RCPT, "550 5.1.1 Recipient address rejected: user unknown", skip=12, times=1),
    Rule(Moment.RCPT, "550 5.1.1 Recipient address rejected: user unknown", skip=108, times=1),
    Rule(Moment.RCPT, "552 5.2.2 Mailbox full", skip=60, times=1),
    Rule(Moment.RCPT, "451 4.7.1 Greylisted, try again later", skip=107, times=1),
    Rule(Moment.FINAL, how=How.DROP, skip=104, times=1),
)


class Clerk:
    """Who starts runs, answers them, and looks at their pages."""

    def __init__(self, up: Up, page: Page) -> None:
        self.up, self.page = up, page

    def run(self, deployment: str, until: str = "", **parameters: Any) -> str:
        """Start a run and wait until it has ended, or is in the state ``until``; its id."""
        found = self.ask("GET", f"/deployments/name/{deployment}/facteur")
        run = str(self.ask("POST", f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})["id"])
        _wait(lambda: self._has_come_to(run, until), f"{deployment} {until}")
        return run

    def ask(self, method: str, path: str, json: object = None) -> Any:
        """What the API answers; asked again while its database is busy, an error when it refuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self.up.api(method, path, json)).status_code == BUSY and time.monotonic() < deadline:
            time.sleep(1)
        return answer.raise_for_status().json()

    def _has_come_to(self, run: str, until: str) -> bool:
        state = self.ask("GET", f"/flow_runs/{run}")["state"]
        return bool(state["name"] == until if until else self.up.final_state(run))

    def cancel(self, run: str) -> None:
        """Give a run up that waits for an answer."""
        state = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
        self.ask("POST", f"/flow_runs/{run}/set_state", state)

    def open(self, path: str) -> None:
        """Show a page of the screen."""
        self.page.goto(f"{self.up.address}{path}")
        self.page.wait_for_timeout(SETTLE_MS)

    def open_artifact(self, run: str, beginning: str) -> None:
        """Show the run's page whose key begins so."""
        wanted = {"flow_run_id": {"any_": [run]}, "key": {"like_": f"{beginning}%"}}
        found = self.ask("POST", "/artifacts/filter", {"artifacts": wanted, "limit": 1})
        self.open(f"/artifacts/artifact/{found[0]['id']}")
        self.page.get_by_role("table").first.wait_for()

    def open_form(self, run: str) -> None:
        """Show the form that a run waits with."""
        self.open(f"/runs/flow-run/{run}")
        self.page.get_by_role("button", name="Resume").first.click()
        self.page.get_by_text("Vos initiales").first.wait_for()

    def picture(self, name: str, height: int = SHOWN_HEIGHT) -> None:
        """Keep what is shown."""
        self.page.set_viewport_size({"width": SHOWN_WIDTH, "height": height})
        self.page.wait_for_timeout(SETTLE_MS)
        self.page.screenshot(path=IMAGES / f"{name}.png")
        self.page.set_viewport_size({"width": SHOWN_WIDTH, "height": SHOWN_HEIGHT})
        print(f"  {name}.png", flush=True)


def _wait(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.5)


def take_all(clerk: Clerk, export: Path, var: Path) -> None:
    """The month of a clerk, in its order."""
    clerk.open("/deployments")
    clerk.page.get_by_text("factures-mensuelles").first.wait_for()
    deployment = clerk.ask("GET", "/deployments/name/factures-mensuelles/facteur")["id"]
    clerk.open(f"/deployments/deployment/{deployment}")
    clerk.page.get_by_role("button", name="Run", exact=True).click()
    clerk.picture("lancer", 760)
    clerk.open(f"/deployments/deployment/{deployment}/run")
    clerk.page.get_by_text("rediriger_vers").first.wait_for()
    clerk.picture("formulaire", 1000)

    run = clerk.run("importer-les-donnees", dossier=str(export))
    clerk.open_artifact(run, "import-donnees")
    clerk.picture("import", 760)

    run = clerk.run("verifier-la-configuration")
    clerk.open_artifact(run, "configuration")
    clerk.picture("configuration")

    run = clerk.run("factures-mensuelles", until="Suspended", periode=PERIOD)
    clerk.open_form(run)
    clerk.picture("relecture", 1000)
    clerk.cancel(run)

    campaign = clerk.run("factures-mensuelles", periode=PERIOD, relecture=False)
    clerk.open(f"/runs/flow-run/{campaign}")
    clerk.page.get_by_text("Task Runs", exact=True).first.click()
    clerk.picture("campaign")
    clerk.open_artifact(campaign, "1-a-lire-d-abord")
    clerk.picture("result")
    clerk.open_artifact(campaign, "2-echecs")
    clerk.picture("echecs", 1000)

    run = clerk.run("importer-les-donnees", until="Suspended", dossier=str(shift_addresses(export)))
    clerk.open_form(run)
    clerk.picture("changements", 860)
    clerk.cancel(run)

    run = clerk.run("regler-les-incertains", until="Suspended")
    clerk.open_form(run)
    clerk.picture("incertains", 1000)
    clerk.cancel(run)

    clerk.run("editer-les-courriers", periode=PERIOD, quoi="sans adresse ou papier demandé")
    draw_first_page(next((var / "impressions").glob("*.pdf")), "courriers")

    run = clerk.run("historique")
    clerk.open_artifact(run, "historique")
    clerk.picture("historique", 1000)
    run = clerk.run("historique", resident=refused_invoice())
    clerk.open_artifact(run, "historique-resident")
    clerk.picture("resident")

    run = clerk.run("relances", until="Suspended", date_de_reference=OVERDUE_AT)
    clerk.open_artifact(run, "5-plan")
    clerk.picture("relances")
    clerk.open_form(run)
    clerk.picture("choix-relances", 1144)
    clerk.cancel(run)

    run = clerk.run("codifier-une-structure", until="Suspended", structure="TILLEULS")
    clerk.open_artifact(run, "structure-tilleuls")
    clerk.picture("structure")
    clerk.cancel(run)


def shift_addresses(export: Path) -> Path:
    """A copy of the export's residents whose column of addresses slipped by one row, as sorting it alone does."""
    text = (export / "residents.csv").read_text(encoding="utf-8-sig")
    heading, *rows = [line.split(";") for line in text.splitlines()]
    column = heading.index("email")
    own = [row for row in rows if row[column]]
    addresses = [row[column] for row in own]
    for row, address in zip(own, [*addresses[1:], addresses[0]], strict=True):
        row[column] = address
    folder = export.parent / "export-trié"
    folder.mkdir(exist_ok=True)
    lines = [";".join(row) for row in (heading, *rows)]
    (folder / "residents.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return folder


def refused_invoice() -> str:
    """The number of an invoice that an address refused; if there is one, of a resident with two addresses."""
    status = facteur("status", "--period", PERIOD, "--json", env=os.environ)
    invoices = json.loads(status.stdout)["invoices"]
    failed = [invoice for invoice in invoices if invoice["coverage"] == "failed"]
    return str(max(failed, key=lambda invoice: len(invoice["deliveries"]))["number"])


def draw_first_page(pdf: Path, name: str) -> None:
    """The cover sheet of a file to print."""
    document = pypdfium2.PdfDocument(pdf)
    document[0].render(scale=1.6).to_pil().save(IMAGES / f"{name}.png")
    document.close()
    print(f"  {name}.png", flush=True)


@contextmanager
def everything(folder: Path) -> Iterator[tuple[Up, Path, Path]]:
    """Facteur and its SMTP server, with the sample written but not yet imported; the export, and ``var``."""
    export, var = folder / "export-2024-09", folder / "var"
    with ScriptedServer(folder / "smtp", *WEATHER) as smtp:
        env = environment(
            var,
            {"FACTEUR_SMTP__HOST": "127.0.0.1", "FACTEUR_SMTP__PORT": str(smtp.port), "FACTEUR_SMTP__SECURITY": "none"},
        )
        os.environ.update({name: value for name, value in env.items() if name.startswith("FACTEUR_")})
        done = facteur("sample", str(export), env=env)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        up = Up.start(env)
        try:
            yield up, export, var
        finally:
            up.end()
            up.wait_until_nothing_is_left()


def main() -> None:
    """Take them all, and leave nothing behind."""
    FOLDER.mkdir(mode=0o700)
    try:
        take_from(FOLDER)
    finally:
        shutil.rmtree(FOLDER)


def take_from(folder: Path) -> None:
    """Take them all, with a Facteur that lives in this folder."""
    IMAGES.mkdir(exist_ok=True)
    scale = WIDTH / SHOWN_WIDTH
    with (
        everything(folder) as (up, export, var),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        page = browser.new_page(
            viewport={"width": SHOWN_WIDTH, "height": SHOWN_HEIGHT},
            device_scale_factor=scale,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        page.add_init_script(f"localStorage.setItem('prefect-password', btoa({up.login!r}))")
        take_all(Clerk(up, page), export, var)


if __name__ == "__main__":
    main()
