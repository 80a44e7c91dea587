"""What is said of a refused login, and what is taken out of what a server says."""

from __future__ import annotations

import base64
import json

import pytest

from models.rules.causes import explain
from models.values.evidence import Evidence, Stage
from models.values.relay import Mechanism, Relay
from tasks.mail.login import secrets
from tasks.mail.oauth import Token, _explained
from tasks.mail.observation import observed_reply


def token(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


@pytest.mark.parametrize(
    ("value", "row"),
    [
        pytest.param(token({"roles": ["SMTP.SendAsApp"]}), "mailbox-not-granted", id="with the permission"),
        pytest.param(token({"roles": ["IMAP.AccessAsApp"]}), "token-without-permission", id="with another one"),
        pytest.param(token({}), "token-without-permission", id="with none"),
        pytest.param("EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA", "mailbox-not-granted", id="sealed"),
        pytest.param(token([1, 2]), "mailbox-not-granted", id="not an object"),
        pytest.param("a.!!!.c", "mailbox-not-granted", id="not base64"),
    ],
)
def test_a_permission_is_missed_only_in_a_token_that_can_be_read(value: str, row: str) -> None:
    """A sealed token proves nothing: then the mailbox is spoken of, and the permission is not."""
    refusal = Evidence(Stage.AUTH, code=535, enhanced="5.7.3", text="Authentication unsuccessful")
    assert explain(_explained(refusal, Token(value))).name == row


def test_a_password_that_is_refused_is_not_called_a_token() -> None:
    """The same reply to LOGIN is about the password."""
    assert explain(Evidence(Stage.AUTH, 535, "5.7.3", "Authentication unsuccessful")).name == "wrong-password"


@pytest.mark.parametrize("mechanism", [Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.XOAUTH2])
@pytest.mark.parametrize(("start", "end"), [(0, 40), (10, 30), (-30, None)])
def test_a_piece_of_a_secret_is_masked_too(mechanism: Mechanism, start: int, end: int | None) -> None:
    """A server that repeats a line it did not like may cut it anywhere."""
    relay = Relay(
        "h", 587, user="a@b.example", secret="Un-Mot-de-passe-assez-long-pour-etre-coupe", mechanism=mechanism
    )
    for secret in secrets(relay):
        piece = secret[start:end]
        said = observed_reply(Stage.AUTH, (500, f"5.5.2 line too long: <{piece}>".encode()), secrets(relay))
        assert said.text == "line too long: <***>"


def test_ordinary_words_of_a_reply_stay() -> None:
    """Long ones as well: the reason is what the evidence is for."""
    relay = Relay("h", 587, user="a@b.example", secret="Un-Mot-de-passe", mechanism=Mechanism.PLAIN)
    reply = (535, b"5.7.8 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.")
    words = "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    assert observed_reply(Stage.AUTH, reply, secrets(relay)).text == words
