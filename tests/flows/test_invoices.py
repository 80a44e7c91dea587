"""factures-mensuelles against a real Prefect server and a real SMTP server, on the whole sample."""

from __future__ import annotations

import csv
import email
import email.policy
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.states import AwaitingRetry
from pypdf import PdfReader

from flows.cli.commands.sample import write_sample
from flows.invoices import factures_mensuelles
from models.database.schema import migrate
from models.database.session import reading
from models.reading.standings import read_standings
from models.rules.coverage import Coverage
from models.values.relay import Security
from settings.load import load_settings
from tasks.documents.french import amount
from tasks.imports.run import import_here
from tests.smtp_server import certificates
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.record import StoredMessage
from tests.smtp_server.script import How, Moment, Rule

ROOT = Path(__file__).parents[2]
PERIOD = "2024-09"

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def sample(
    tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]
) -> Iterator[Path]:
    """The sample association, imported into a fresh database; the folder of its files."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    migrate(load_settings().database)
    folder = tmp_path / "sample"
    write_sample(folder)
    assert not import_here(str(folder)).faults
    return folder


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def expected_mails(folder: Path) -> set[tuple[str, str]]:
    """(address, invoice number) as the files ask for, worked out without Facteur's own code."""
    guardians = {row["code"]: row["email"].lower() for row in rows(folder, "tuteurs")}
    residents = {(row["structure"], row["code"]): row for row in rows(folder, "residents")}
    expected = set()
    for invoice in rows(folder, "factures"):
        if invoice["periode"] != PERIOD or not invoice["code_resident"]:
            continue
        resident = residents[invoice["structure"], invoice["code_resident"]]
        policy = resident["destinataires"] or "tous"
        found = []
        if policy in {"tous", "résident"}:
            found.append(resident["email"].lower())
        if policy in {"tous", "tuteur"}:
            found.append(guardians.get(resident["code_tuteur"], ""))
        expected |= {(address, invoice["numero"]) for address in found if address}
    return expected


def parsed(message: StoredMessage) -> dict[str, Any]:
    mail = email.message_from_bytes(message.content, policy=email.policy.default)
    (pdf,) = [part for part in mail.walk() if part.get_content_type() == "application/pdf"]
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf.get_payload(decode=True))).pages)
    return {
        "to": str(mail["To"]).lower(),
        "from": str(mail["From"]),
        "subject": str(mail["Subject"]),
        "body": mail.get_body(("plain",)).get_content(),
        "file_name": pdf.get_filename(),
        "pdf": " ".join(text.split()),
    }


def run(**parameters: Any) -> Any:
    return factures_mensuelles(**({"periode": PERIOD, "relecture": False} | parameters), return_state=True)


def artifacts(flow_run_id: UUID) -> dict[str, str]:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        )
    return {artifact.key or "": str(artifact.data) for artifact in found}


def test_the_right_invoice_reaches_the_right_address_for_every_resident(sample: Path, relay: ScriptedServer) -> None:
    """Every message, opened: its recipient, sender, text, file name and PDF agree with the imported files."""
    state = run()
    assert state.is_completed(), state.message
    residents = {(row["structure"], row["code"]): row for row in rows(sample, "residents")}
    structures = {row["code"]: row for row in rows(sample, "structures")}
    invoices = {row["numero"]: row for row in rows(sample, "factures") if row["periode"] == PERIOD}
    sent = []
    for message in relay.messages():
        mail = parsed(message)
        number = re.fullmatch(r"Facture_2024-09_(.+)\.pdf", mail["file_name"])[1]  # type: ignore[index]
        invoice = invoices[number]
        resident = residents[invoice["structure"], invoice["code_resident"]]
        name = f"{resident['nom'].upper()} {resident['prenom']}"
        total = amount(Decimal(invoice["montant_ttc"].replace(",", ".").replace(" ", "")))
        assert message.recipients == (mail["to"],) or message.recipients[0].lower() == mail["to"]
        assert structures[invoice["structure"]]["expediteur_email"] in mail["from"]
        assert name in mail["body"]
        assert "septembre 2024" in mail["body"]
        if not invoice["fichier_pdf"]:
            assert number in mail["pdf"]
            assert name in mail["pdf"]
            assert " ".join(total.split()) in mail["pdf"]
        sent.append((mail["to"], number))
    assert Counter(sent) == Counter(expected_mails(sample))
    with reading(load_settings().database) as session:
        standings = read_standings(session, PERIOD)
    assert len(standings) == len([row for row in invoices.values() if row["code_resident"]])
    assert {s.coverage for s in standings} <= {Coverage.MAILED, Coverage.WAITING}
    assert all(s.coverage is Coverage.MAILED for s in standings if s.mailable)


def test_the_pages_of_a_campaign_are_in_the_ui(sample: Path) -> None:
    """Plan, result, failures, who has no e-mail, coverage; the coverage adds up to the number of invoices."""
    state = run()
    pages = artifacts(state.state_details.flow_run_id)
    names = ("1-a-lire-d-abord", "2-echecs", "3-sans-e-mail", "4-couverture", "5-plan")
    assert {f"{name}-factures-{PERIOD}" for name in names} <= set(pages)
    totals = [int(n) for n in re.findall(r"^\|[^|]+\|.*\| (\d+) \|$", pages[f"4-couverture-factures-{PERIOD}"], re.M)]
    with reading(load_settings().database) as session:
        assert sum(totals) == len(read_standings(session, PERIOD))
    assert "MAILLY Josiane" in pages[f"1-a-lire-d-abord-factures-{PERIOD}"]


def test_a_second_run_sends_nothing_and_says_since_when(sample: Path, relay: ScriptedServer) -> None:
    """An unattended run can be started as often as one likes."""
    run()
    copies = len(relay.messages())
    state = run()
    assert state.is_completed()
    assert state.message.startswith("Rien à envoyer pour septembre 2024 : tout est déjà envoyé, depuis le ")
    assert len(relay.messages()) == copies


def test_a_campaign_with_failures_ends_failed_with_the_counts(sample: Path, relay: ScriptedServer) -> None:
    """And names the cause in words, with what to do."""
    relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="josiane.mailly@*"),
        Rule(Moment.FINAL, how=How.DROP, stored=True, times=1),
    )
    state = run(structures=["TILLEULS"])
    assert state.is_failed()
    assert "1 refusée" in state.message
    assert "1 incertaine" in state.message
    page = artifacts(state.state_details.flow_run_id)[f"2-echecs-factures-{PERIOD}"]
    assert "MAILLY Josiane" in page
    assert "5.1.1" in page
    assert "Que faire" in page


def create_run(**parameters: Any) -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.create_flow_run(
            factures_mensuelles, parameters={"periode": PERIOD, "relecture": False} | parameters
        )


def start(flow_run: FlowRun) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.flows.run_invoices", str(flow_run.id)], cwd=ROOT)


@pytest.fixture
def stay_in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.usefixtures("stay_in_project")
def test_a_killed_campaign_that_is_retried_leaves_one_copy_or_an_uncertain_row(
    sample: Path, relay: ScriptedServer
) -> None:
    """kill -9 after the relay stored the tenth message and before it answered, then the same run again."""
    relay.script(Rule(Moment.FINAL, how=How.HANG, skip=9, times=1, stored=True))
    flow_run = create_run()
    process = start(flow_run)
    deadline = time.monotonic() + 120
    while len(relay.messages()) < 10 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert len(relay.messages()) == 10
    relay.script()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, AwaitingRetry(), force=True)
    assert start(flow_run).wait(timeout=240) == 0
    with get_client(sync_client=True) as client:
        final = client.read_flow_run(flow_run.id).state
    assert final is not None
    assert final.is_failed()
    assert "1 incertaine" in (final.message or "")
    copies = Counter((mail["to"], mail["file_name"]) for mail in map(parsed, relay.messages()))
    assert set(copies.values()) == {1}
    assert len(copies) == len(expected_mails(sample))
    with reading(load_settings().database) as session:
        states = Counter(d.state for s in read_standings(session, PERIOD) for d in s.deliveries)
    assert states == {"accepted": len(copies) - 1, "uncertain": 1}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        pytest.param({"periode": "septembre"}, "La période « septembre » n'est pas reconnue", id="period"),
        pytest.param({"structures": ["INCONNUE"]}, "Structures connues : ", id="structure"),
        pytest.param({"rediriger_vers": "a@b.fr\nBcc: x@y.fr"}, "retour à la ligne", id="address with a line feed"),
        pytest.param({"rediriger_vers": "pas-une-adresse"}, "n'est pas une adresse e-mail", id="address"),
    ],
)
def test_a_wrong_parameter_gives_one_clear_sentence(
    sample: Path, relay: ScriptedServer, parameters: dict[str, Any], sentence: str
) -> None:
    """It says what is wrong, and nothing is sent."""
    state = run(**parameters)
    assert state.is_failed()
    assert sentence in state.message
    assert "\n" not in state.message
    assert relay.messages() == []


def test_no_smtp_server_is_one_clear_sentence(
    sample: Path, relay: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is planned, nothing is sent, and the sentence names the block to make."""
    monkeypatch.delenv("FACTEUR_SMTP__HOST")
    state = run()
    assert state.is_failed()
    assert "Aucun serveur SMTP" in state.message
    assert "smtp-les-rives-de-l-erabliere" in state.message
    assert relay.messages() == []


def test_a_mailbox_that_is_down_stops_the_run_and_loses_nothing(sample: Path, relay: ScriptedServer) -> None:
    """The message says so; the same campaign goes through when the relay is back."""
    relay.stop()
    state = run(structures=["TILLEULS"])
    assert state.is_failed()
    assert "Arrêt : " in state.message
    relay.start()
    assert run(structures=["TILLEULS"]).is_completed()
    copies = Counter((mail["to"], mail["file_name"]) for mail in map(parsed, relay.messages()))
    assert set(copies.values()) == {1}


SECRET = "Tr0p-s3cret-pour-un-journal"


def database_texts(path: Path) -> Iterator[str]:
    """Every text in every table of an SQLite file."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield " ".join(str(value) for value in row)


def test_no_secret_and_no_message_body_reaches_prefect_or_the_logs(
    sample: Path,
    tmp_path: Path,
    prefect_server: Any,
    settings_for: Callable[[str, ScriptedServer], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in run parameters, artifacts, logs or events: looked for in Prefect's own database."""
    earlier = set(database_texts(prefect_server.database))
    with ScriptedServer(tmp_path / "login", user="compte", password=SECRET) as server:
        settings_for(load_settings().database, server)
        monkeypatch.setenv("FACTEUR_SMTP__USER", "compte")
        monkeypatch.setenv("FACTEUR_SMTP__SECRET", SECRET)
        state = run(structures=["TILLEULS"])
        assert state.is_completed(), state.message
        assert server.messages()
        monkeypatch.setenv("FACTEUR_SMTP__SECRET", f"{SECRET}-faux")
        assert run(structures=["TILLEULS"], renvoyer="essai du mot de passe").is_failed()
        assert server.failed_logins == 1

    def new_texts() -> str:
        return "\n".join(text for text in database_texts(prefect_server.database) if text not in earlier)

    deadline = time.monotonic() + 60
    while "MAILLY Josiane" not in new_texts():
        assert time.monotonic() < deadline, "the server writes what it is told in batches, but not that late"
        time.sleep(0.5)
    time.sleep(3)  # until the last batch
    texts = new_texts()
    printed = "".join(capfd.readouterr())
    for text in (texts, printed):
        assert SECRET not in text
        assert "Vous trouverez ci-joint" not in text


def test_a_certificate_that_does_not_verify_stops_everything(
    sample: Path,
    tmp_path: Path,
    settings_for: Callable[[str, ScriptedServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Never a message in clear, never to an unknown server; the sentence says what to do."""
    bad = certificates.unknown_authority(tmp_path / "certificate")
    with ScriptedServer(tmp_path / "tls", security=Security.STARTTLS, certificate=bad) as server:
        settings_for(load_settings().database, server)
        monkeypatch.setenv("FACTEUR_SMTP__HOST", "localhost")
        monkeypatch.setenv("FACTEUR_SMTP__SECURITY", "starttls")
        monkeypatch.setenv("FACTEUR_SMTP__CA_FILE", str(bad.authority))
        state = run(structures=["TILLEULS"])
        assert state.is_failed()
        assert "certificat" in state.message
        assert server.messages() == []
        assert not [line for line in server.commands() if line.startswith("MAIL")]


def test_one_wrong_password_is_one_login(
    sample: Path,
    tmp_path: Path,
    settings_for: Callable[[str, ScriptedServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Accounts lock: the breaker opens at the first refusal, and nobody is failed for it."""
    with ScriptedServer(tmp_path / "login", user="compte", password="bon") as server:
        settings_for(load_settings().database, server)
        monkeypatch.setenv("FACTEUR_SMTP__USER", "compte")
        monkeypatch.setenv("FACTEUR_SMTP__SECRET", "mauvais")
        state = run(structures=["TILLEULS"])
        assert state.is_failed()
        assert "535" in state.message
        assert server.failed_logins == 1
        assert server.messages() == []
    with reading(load_settings().database) as session:
        by_state = defaultdict(int)
        for standing in read_standings(session, PERIOD):
            by_state[standing.coverage] += 1
    assert set(by_state) == {Coverage.WAITING}
