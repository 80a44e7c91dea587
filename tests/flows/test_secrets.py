"""Where a secret and a token could come to rest after a run: looked for in every place that anyone can read later."""

from __future__ import annotations

import base64
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.invoices import factures_mensuelles
from models.database.schema import migrate
from settings.load import load_settings
from settings.smtp_server import SmtpServer
from tests.prefect_server import PrefectServer
from tests.smtp_server import Moment, Rule, ScriptedServer
from tests.smtp_server.certificates import good
from tests.token_authority import CLIENT_ID, running
from tests.workplace import PERIOD, Workplace, add_structure

ACCOUNT = "facturation@lilas.example.org"


def database_texts(path: Path) -> Iterator[str]:
    """Every text in every table of an SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield " ".join(str(value) for value in row)


def file_texts(folder: Path) -> Iterator[str]:
    yield from (path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def test_no_secret_and_no_token_comes_to_rest_anywhere(
    tmp_path: Path,
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
    prefect_server: PrefectServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Prefect's database and stored results, the ledger, the archive, what was printed: after a success, a relay that
    echoes the token, and a secret that the authority refuses."""
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    for name in ("HOST", "PORT", "SECURITY"):
        monkeypatch.delenv(f"FACTEUR_SMTP__{name}")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    database = load_settings().database
    migrate(database)
    add_structure(database)
    workplace = Workplace(database, relay)
    workplace.add_resident("MAILLY", own="r1@example.org")

    def run() -> str:
        state = factures_mensuelles(periode=PERIOD, relecture=False, return_state=True)
        return f"{state.type.value} {state.message}"

    certificate = good(tmp_path / "certificate")
    with (
        running(certificate) as authority,
        ScriptedServer(tmp_path / "login", user=ACCOUNT, token_key=authority.key) as server,
    ):
        block = SmtpServer(
            host="127.0.0.1",
            port=server.port,
            security="none",
            user=ACCOUNT,
            secret=authority.secret,
            tenant=authority.tenant,
            client_id=CLIENT_ID,
            authority=authority.url,
            ca_file=str(certificate.authority),
        )
        block.save("smtp-amis", overwrite=True)
        try:
            assert run().startswith("COMPLETED")
            assert len(server.messages()) == 1
            (token,) = authority.tokens
            wire = base64.b64encode(f"user={ACCOUNT}\1auth=Bearer {token}\1\1".encode()).decode()
            server.script(Rule(Moment.MAIL, f"535 5.7.8 {wire} or {token} refused", skip=1))  # after the check
            workplace.add_resident("DURAND", own="r2@example.org")
            assert run().startswith("FAILED")
            block.secret = type(block.secret)("un-secret-refusé")
            block.save("smtp-amis", overwrite=True)
            sentence = run()
            assert sentence.startswith("FAILED")
            assert "secret client" in sentence
        finally:
            SmtpServer.delete("smtp-amis")
    time.sleep(3)  # the server writes its logs and events in batches
    home = prefect_server.database.parent
    seen = {
        "Prefect's database": "\n".join(database_texts(prefect_server.database)),
        "the ledger": "\n".join(database_texts(tmp_path / "facteur.db")),
        "the folder": "\n".join(file_texts(tmp_path / "var")),
        "stored results": "\n".join(file_texts(home / "storage")),
        "what was printed": "".join(capfd.readouterr()),
    }
    assert "MAILLY" in seen["Prefect's database"]
    assert "*** or *** refused" in seen["the ledger"]  # the test looks where it should
    for place, text in seen.items():
        for hidden in (authority.secret, "un-secret-refusé", token, wire, token[-43:], wire[-60:]):
            assert hidden not in text, place
