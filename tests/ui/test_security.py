"""The screen in a browser: its login, a page of somebody else beside it, and hostile texts in everything it shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import String, Table, select, update

import models.tables.every  # noqa: F401  all tables
from models.database.session import writing
from models.tables.base import Base
from tests.flows.facteur_process import Up, environment, facteur
from tests.smtp_server import How, Moment, Rule, ScriptedServer
from tests.ui import ledger
from tests.ui.clerk import SCREEN_MS, WINDOW

PERIOD, OVERDUE_AT = "2024-11", "2024-11-15"
RUN_SECONDS = 150.0

# Texts that no person writes: what fits in them is set by a rule of the database or a table of ours.
MACHINE = {"kind", "flow_run_id", "period", "mode", "purpose", "plan_page", "channel", "recipients", "field", "pdf_key"}
MACHINE |= {
    "role",
    "state",
    "message_id",
    "archive_key",
    "fingerprint",
    "stage",
    "verdict",
    "page",
    "choice",
    "dropped",
}
MACHINE |= {"account", "settled_as", "associations.code", "printings.file_name", "attempts.fault"}
ADDRESSES = {
    "email",
    "sender_email",
    "reply_to",
    "address",
    "redirected_to",
}  # what is sent to must be one, until it is


def test_the_login_is_typed_once(browser: Browser, running: Up) -> None:
    """The screen asks for name and password in one field; a wrong one is told, the right one is kept."""
    page = browser.new_page(viewport=WINDOW, locale="fr-FR")
    page.set_default_timeout(SCREEN_MS)
    page.goto(running.address)
    field = page.locator("input[type=password]")
    field.fill("facteur:wrong")
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_text("Authentication failed").first).to_be_visible()
    field.fill(running.login)
    page.get_by_role("button", name="Login").click()
    page.wait_for_url("**/dashboard**")
    page.goto(f"{running.address}/deployments")
    expect(page.get_by_text("factures-mensuelles").first).to_be_visible()
    page.close()


class _Canary(BaseHTTPRequestHandler):
    """Notes who asks, and serves the page of a stranger."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>a page</body></html>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def canary() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Canary) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


STEALS = """async ([api, deployment]) => {
  const found = []
  const attempt = async (name, ask) => {
    try { found.push(`${name}: ${await ask()}`) } catch (error) { found.push(`${name}: refused`) }
  }
  await attempt("read", async () => (await fetch(`${api}/admin/settings`)).text())
  await attempt("read with a guess", async () =>
    (await fetch(`${api}/admin/settings`, {headers: {Authorization: "Basic " + btoa("facteur:facteur")}})).text())
  await attempt("secrets", async () =>
    (await fetch(`${api}/block_documents/filter`, {method: "POST", headers: {"Content-Type": "application/json"},
      body: '{"include_secrets": true}'})).text())
  await fetch(`${api}/deployments/${deployment}/create_flow_run`,
    {method: "POST", mode: "no-cors", credentials: "include", body: "{}"}).catch(() => {})
  await attempt("socket", () => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${api.replace("http", "ws")}/events/out`, ["prefect"])
    socket.onopen = () => socket.send(JSON.stringify({type: "auth", token: null}))
    socket.onmessage = message => resolve(message.data)
    socket.onclose = reject
  }))
  return found
}"""


def test_a_page_of_somebody_else_gets_nothing(browser: Browser, running: Up) -> None:
    """A clerk who is logged in has another page open: it reads nothing, starts nothing, hears nothing."""
    deployment = running.api("GET", "/deployments/name/historique/facteur").json()["id"]
    before = running.api("POST", "/flow_runs/count", {}).json()
    context = browser.new_context()
    own = context.new_page()
    own.goto(running.address)
    own.locator("input[type=password]").fill(running.login)
    own.get_by_role("button", name="Login").click()
    own.wait_for_url("**/dashboard**")
    with canary() as stranger:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{stranger.server_port}/")
        found = page.evaluate(STEALS, [f"{running.address}/api", deployment])
    assert found == ["read: refused", "read with a guess: refused", "secrets: refused", "socket: refused"]
    assert running.api("POST", "/flow_runs/count", {}).json() == before
    context.close()


def hostile(port: int, where: str) -> str:
    url = f"http://127.0.0.1:{port}/{where}"
    return f"![]({url}) <img src={url}> [x](javascript:alert(1)) {where}"


def put_hostile_texts(up: Up, port: int, *, addresses: bool) -> None:
    """Into every text of every row that a person writes, or a server; addresses only when nothing is sent any more."""
    with writing(ledger.database(up)) as session:
        for table in Base.metadata.sorted_tables:
            columns = [column.name for column in table.columns if isinstance(column.type, String)]
            wanted = [
                name
                for name in columns
                if not {name, f"{table.name}.{name}"} & MACHINE and (addresses or name not in ADDRESSES)
            ]
            if wanted:
                _put(session, table, wanted, port)


def _put(session: Any, table: Table, columns: list[str], port: int) -> None:
    (key,) = table.primary_key.columns
    for value in session.scalars(select(key)).all():
        texts = {name: hostile(port, f"{table.name}.{name}.{value}") for name in columns}
        session.execute(update(table).where(key == value).values(texts))


@pytest.fixture
def besieged(tmp_path: Path) -> Iterator[tuple[Up, ScriptedServer]]:
    """A Facteur of its own: its ledger is fit for nothing else afterwards."""
    with ScriptedServer(tmp_path / "relay") as relay:
        sending = {
            "FACTEUR_SMTP__HOST": "127.0.0.1",
            "FACTEUR_SMTP__PORT": str(relay.port),
            "FACTEUR_SMTP__SECURITY": "none",
            "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
        }
        up = Up.start(environment(tmp_path / "var", sending))
        yield up, relay
        up.end()
        up.wait_until_nothing_is_left()


def start(up: Up, name: str, **parameters: object) -> str:
    """Run a deployment until it has ended or waits for an answer; its id."""
    deployment = up.api("GET", f"/deployments/name/{name}/facteur").json()["id"]
    made = up.api("POST", f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})
    assert made.is_success, made.text
    run = str(made.json()["id"])
    deadline = time.monotonic() + RUN_SECONDS
    while (state := up.api("GET", f"/flow_runs/{run}").json()["state"])["type"] not in {
        "COMPLETED",
        "FAILED",
        "PAUSED",
    }:
        assert time.monotonic() < deadline, (name, state)
        assert state["type"] != "CRASHED", (name, state)
        time.sleep(0.3)
    return run


@pytest.mark.timeout(1200)
def test_hostile_texts_fetch_nothing(browser: Browser, besieged: tuple[Up, ScriptedServer], sample: Path) -> None:
    """Every page, description, list and form, with Markdown, HTML and script in every text of every table."""
    up, relay = besieged
    assert facteur("import", str(sample), env=up.env).returncode == 0
    for name in ("GOOD", "LOST", "BAD"):
        ledger.add_invoice(up, PERIOD, name, f"{name.lower()}@example.org")
    relay.script(
        Rule(Moment.FINAL, how=How.DROP, recipient="lost@example.org"),
        Rule(Moment.RCPT, "550 5.1.1 ![](http://127.0.0.1:9/reply)", recipient="bad@example.org"),
    )
    with canary() as stranger:
        port = stranger.server_port
        put_hostile_texts(up, port, addresses=False)
        waiting = [
            start(up, "factures-mensuelles", periode=PERIOD),
            start(up, "relances", date_de_reference=OVERDUE_AT),
            start(up, "codifier-une-structure", structure=hostile(port, "structures.code.1")),
        ]
        start(up, "factures-mensuelles", periode=PERIOD, relecture=False, renvoyer="un autre envoi")
        start(up, "editer-les-courriers", periode=PERIOD)
        put_hostile_texts(up, port, addresses=True)
        waiting += [start(up, "regler-les-incertains"), start(up, "regler-les-relances")]
        start(up, "historique")
        start(up, "historique", resident=hostile(port, "residents.code.1"))
        start(up, "verifier-la-configuration")
        start(up, "importer-les-donnees", dossier=hostile(port, "folder"))
        start(up, "purger-les-donnees")

        page = browser.new_page(viewport=WINDOW, locale="fr-FR")
        page.add_init_script(f"localStorage.setItem('prefect-password', btoa({up.login!r}))")
        page.set_default_timeout(SCREEN_MS)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        seen = look_at_everything(page, up, waiting)
        assert seen >= 15
        assert [url for url in asked if not url.startswith((up.address, "data:", "blob:"))] == []
        assert stranger.asked == []  # type: ignore[attr-defined]

        # The same text without our escaping does reach the stranger: the test looks where it should.
        raw = up.api("POST", "/artifacts/", {"key": "raw", "type": "markdown", "data": hostile(port, "raw")}).json()
        page.goto(f"{up.address}/artifacts/artifact/{raw['id']}")
        page.locator("article.artifact-data-markdown").wait_for()
        page.wait_for_timeout(1000)
        assert "/raw" in stranger.asked  # type: ignore[attr-defined]
        page.close()


def look_at_everything(page: Page, up: Up, waiting: list[str]) -> int:
    """Open each page of each run, the lists, and the forms; how many pages there were."""
    artifacts = up.api("POST", "/artifacts/filter", {}).json()
    pages = [artifact for artifact in artifacts if artifact["type"] == "markdown"]
    for artifact in pages:
        page.goto(f"{up.address}/artifacts/artifact/{artifact['id']}")
        page.locator("article.artifact-data-markdown").wait_for()
        assert page.locator("article.artifact-data-markdown a[href^='javascript']").count() == 0
        page.goto(f"{up.address}/artifacts/key/{artifact['key']}")
        page.get_by_text(artifact["key"]).first.wait_for()
    for path in ("/artifacts", "/runs", "/dashboard", "/deployments"):
        page.goto(f"{up.address}{path}")
        page.wait_for_timeout(1500)
        assert page.locator("a[href^='javascript']").count() == 0
    for run in up.api("POST", "/flow_runs/filter", {}).json():
        if run["state_type"] == "SCHEDULED":  # it has no pages yet
            continue
        page.goto(f"{up.address}/runs/flow-run/{run['id']}")
        for tab in ("Artifacts", "Details", "Parameters"):
            page.locator(".p-tabs").get_by_text(tab, exact=True).click()
            page.wait_for_timeout(300)
    for run in waiting:
        assert up.api("GET", f"/flow_runs/{run}").json()["state"]["type"] == "PAUSED"
        page.goto(f"{up.address}/runs/flow-run/{run}")
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("dialog").locator(".schema-form-property").first.wait_for()
        page.wait_for_timeout(500)
        assert page.locator("a[href^='javascript']").count() == 0
    return len(pages)
