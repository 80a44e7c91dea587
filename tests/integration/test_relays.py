"""Which SMTP server carries what, from real blocks of a real Prefect server; and what a changed secret does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.blocks.core import Block
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import SecretStr, ValidationError

from models.values.evidence import Evidence
from models.values.relay import Mechanism
from settings.load import load_settings
from settings.smtp_server import SmtpServer
from tasks.kinds.reminder import REMINDERS
from tasks.mail.transport import SmtpSession
from tasks.relays.finding import Carrier, current, find_relays
from tasks.relays.pool import RelayPool
from tests.prefect_server import PrefectServer
from tests.smtp_server import ScriptedServer
from tests.smtp_server.certificates import good
from tests.token_authority import CLIENT_ID, running
from tests.workplace import add_structure

SETTINGS = ("HOST", "PORT", "SECURITY")


@pytest.fixture
def office(
    tmp_path: Path,
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
    prefect_server: PrefectServer,
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ScriptedServer]:
    """Two structures of one association, no block yet, and an environment that names no relay."""
    database = tmp_path / "facteur.db"
    database.write_bytes(sqlite_template.read_bytes())
    settings_for(f"sqlite:///{database}", relay)
    for name in SETTINGS:
        monkeypatch.delenv(f"FACTEUR_SMTP__{name}")
    add_structure(load_settings().database, "TILLEULS")
    add_structure(load_settings().database, "ERABLES")
    yield relay
    with httpx.Client(base_url=prefect_server.api, auth=prefect_server.auth) as api:
        for document in api.post("/block_documents/filter", json={}).json():
            api.delete(f"/block_documents/{document['id']}")


def save(name: str, **fields: Any) -> SmtpServer:
    block = SmtpServer(**({"security": "none", "mechanism": "NONE", "host": "127.0.0.1"} | fields))
    block.save(name, overwrite=True)
    return block


def refused(suffix: str = "") -> str:
    refusal = find_relays(("TILLEULS",), suffix).refusal
    assert refusal is not None
    return refusal.sentence


def ports(suffix: str = "") -> dict[str, int]:
    carriers = find_relays((), suffix)
    assert not carriers.missing, carriers
    return {code: relay.port for code, relay in carriers.relays.items()}


def test_the_nearest_block_carries_the_mails(office: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The association's, then the structure's own, for reminders its block for reminders; the environment first."""
    save("smtp-amis", port=1)
    assert ports() == ports(REMINDERS.relay_suffix) == {"TILLEULS": 1, "ERABLES": 1}
    save("smtp-tilleuls", port=2)
    assert ports() == ports(REMINDERS.relay_suffix) == {"TILLEULS": 2, "ERABLES": 1}
    save("smtp-tilleuls-relances", port=3)
    assert ports() == {"TILLEULS": 2, "ERABLES": 1}
    assert ports(REMINDERS.relay_suffix) == {"TILLEULS": 3, "ERABLES": 1}
    carriers = find_relays(("TILLEULS",), REMINDERS.relay_suffix)
    assert carriers.found["TILLEULS"].origin == "bloc smtp-tilleuls-relances"
    monkeypatch.setenv("FACTEUR_SMTP__HOST", "127.0.0.1")
    monkeypatch.setenv("FACTEUR_SMTP__PORT", "4")
    monkeypatch.setenv("FACTEUR_SMTP__SECURITY", "none")
    assert ports() == ports(REMINDERS.relay_suffix) == {"TILLEULS": 4, "ERABLES": 4}


def test_a_structure_without_any_block_is_named(office: ScriptedServer) -> None:
    """With the name that the block has to have."""
    sentence = refused(REMINDERS.relay_suffix)
    assert "TILLEULS" in sentence
    assert "smtp-amis" in sentence


APPLICATION = {
    "mechanism": "XOAUTH2",
    "user": "a@b.example",
    "secret": "un-secret-de-test",
    "tenant": "contoso.example",
    "client_id": CLIENT_ID,
}


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"user": ""}, "« Compte »"),
        ({"secret": ""}, "« Secret »"),
        ({"tenant": ""}, "annuaire"),
        ({"tenant": "https://contoso.example/x"}, "annuaire"),
        ({"client_id": ""}, "ID d'application"),
        ({"client_id": "Facteur"}, "ID d'application"),
        ({"authority": "http://login.example"}, "https"),
    ],
)
def test_a_block_with_xoauth2_is_whole(missing: dict[str, str], words: str) -> None:
    """What is missing is said in the words of the form."""
    assert SmtpServer(**APPLICATION).relay(1, 1).mechanism is Mechanism.XOAUTH2
    with pytest.raises(ValidationError) as caught:
        SmtpServer(**(APPLICATION | missing))
    assert words in str(caught.value)


def test_a_block_that_was_filled_in_wrongly_stops_the_run_with_its_sentence(
    office: ScriptedServer, prefect_server: PrefectServer
) -> None:
    """The UI saves what does not fit together; the sentence says what to correct, and shows no secret."""
    block = save("smtp-amis", **APPLICATION, authority="https://login.example")
    data = {"tenant": ""}
    url = f"{prefect_server.api}/block_documents/{block._block_document_id}"
    assert httpx.patch(url, auth=prefect_server.auth, json={"data": data, "merge_existing_data": True}).is_success
    sentence = refused()
    assert "« smtp-amis »" in sentence
    assert "« ID de l'annuaire (locataire) »" in sentence
    assert "un-secret-de-test" not in sentence


def test_the_form_asks_in_a_sensible_order_and_proposes_microsoft(prefect_server: PrefectServer) -> None:
    """As the UI gets it from the server: French titles and help, the account before the limits, XOAUTH2 proposed."""
    SmtpServer.register_type_and_schema()
    with httpx.Client(base_url=prefect_server.api, auth=prefect_server.auth) as api:
        kind = api.get("/block_types/slug/smtp-server").json()
        query = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
        fields = api.post("/block_schemas/filter", json=query).json()[0]["fields"]
    properties = fields["properties"]
    assert [properties[name]["title"] for name in properties] == [
        "Serveur",
        "Port",
        "Protection",
        "Authentification",
        "Compte",
        "Secret",
        "ID de l'annuaire (locataire)",
        "ID d'application (client)",
        "Messages par minute",
        "Messages par jour",
        "Connexions",
        "Fichier d'autorité",
        "Service de jetons",
    ]
    assert all(field["description"] for field in properties.values())
    proposed = {name: field.get("default") for name, field in properties.items()}
    assert (proposed["host"], proposed["port"], proposed["security"]) == ("smtp.office365.com", 587, "starttls")
    assert (proposed["mechanism"], proposed["messages_per_minute"], proposed["daily_quota"]) == ("XOAUTH2", 30, 10_000)
    assert properties["mechanism"]["enum"] == ["XOAUTH2", "LOGIN", "PLAIN", "NONE"]
    assert fields["secret_fields"] == ["secret"]


def open_at(pool: RelayPool) -> None:
    """Open one connection of ``pool``, with its login, and close it."""
    opened = pool._open()
    assert isinstance(opened, SmtpSession), opened
    opened.close()


def carrier() -> Carrier:
    carriers = find_relays(("TILLEULS",))
    return carriers.found["TILLEULS"]


def test_a_secret_changed_in_the_block_serves_for_the_next_connection(office: ScriptedServer, tmp_path: Path) -> None:
    """In the middle of a run, without a restart; until then the old one serves."""
    with ScriptedServer(tmp_path / "old", user="compte", password="ancien") as server:
        save("smtp-amis", port=server.port, mechanism="PLAIN", user="compte", secret="ancien")
        pool = RelayPool(carrier().relay, load_settings())
        with closing(pool):
            open_at(pool)
            save("smtp-amis", port=server.port, mechanism="PLAIN", user="compte", secret="nouveau")
            assert isinstance(pool._open(), Evidence)  # the server still wants the old one
            save("smtp-amis", port=server.port, mechanism="PLAIN", user="compte", secret="ancien")
            open_at(pool)
        assert server.failed_logins == 1


def test_a_secret_changed_in_the_environment_serves_for_the_next_connection(
    office: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The .env file is read again at each connection."""
    with ScriptedServer(tmp_path / "login", user="compte", password="nouveau") as server:
        lines = ["HOST=127.0.0.1", f"PORT={server.port}", "SECURITY=none", "USER=compte", "SECRET="]
        env = "\n".join(f"FACTEUR_SMTP__{line}" for line in lines)
        (tmp_path / ".env").write_text(env + "ancien\n")
        pool = RelayPool(carrier().relay, load_settings())
        with closing(pool):
            assert isinstance(pool._open(), Evidence)
            (tmp_path / ".env").write_text(env + "nouveau\n")
            open_at(pool)


def test_a_client_secret_changed_in_the_block_brings_a_new_token(office: ScriptedServer, tmp_path: Path) -> None:
    """The same for XOAUTH2: the authority sees the new secret."""
    certificate = good(tmp_path / "certificate")
    with (
        running(certificate) as authority,
        ScriptedServer(tmp_path / "login", user="compte", token_key=authority.key) as server,
    ):
        fields = APPLICATION | {"user": "compte", "port": server.port, "authority": authority.url}
        fields["ca_file"] = str(certificate.authority)
        save("smtp-amis", **(fields | {"secret": authority.secret}))
        pool = RelayPool(carrier().relay, load_settings())
        with closing(pool):
            open_at(pool)
            authority.secret = "tout-nouveau"
            open_at(pool)  # the token that was given is still good
            save("smtp-amis", **(fields | {"secret": "tout-nouveau"}))
            open_at(pool)
        assert [form["client_secret"][:4] for form in authority.requests] == ["S3cr", "tout"]


def test_a_block_that_now_speaks_of_another_account_does_not_change_the_run(office: ScriptedServer) -> None:
    """Limits are counted by account: another one is for the next run. A block that is gone changes nothing either."""
    save("smtp-amis", port=1, user="compte", mechanism="PLAIN", secret="x")
    begun = carrier().relay
    save("smtp-amis", port=1, user="autre", mechanism="PLAIN", secret="y")
    assert current(begun) == begun
    SmtpServer.delete("smtp-amis")
    assert current(begun) == begun


def test_without_the_prefect_server_the_run_goes_on_with_its_secret(
    office: ScriptedServer, prefect_server: PrefectServer
) -> None:
    """A connection that is opened while the screen's server restarts."""

    save("smtp-amis", port=1, user="compte", mechanism="PLAIN", secret="x")
    begun = carrier().relay
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        assert current(begun) == begun


def test_no_screen_shows_the_secret_of_a_block(office: ScriptedServer, prefect_server: PrefectServer) -> None:
    """Neither the API that the screens read, nor the block's text, nor what is found with it."""
    block = save("smtp-amis", **(APPLICATION | {"host": "localhost", "secret": SecretStr("très-secret-42")}))
    with httpx.Client(base_url=prefect_server.api, auth=prefect_server.auth) as api:
        listed = api.post("/block_documents/filter", json={}).json()
    assert [document["name"] for document in listed] == ["smtp-amis"]
    shown = [
        json.dumps(listed, ensure_ascii=False),
        repr(block),
        str(block),
        repr(carrier()),
        repr(current(carrier().relay)),
    ]
    assert not [text for text in shown if "très-secret-42" in text]
    loaded = Block.load("smtp-server/smtp-amis")
    assert isinstance(loaded, SmtpServer)
    assert loaded.secret.get_secret_value() == "très-secret-42"  # the secret was there to be shown
