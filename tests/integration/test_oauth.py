"""XOAUTH2 with a real authority and a real relay: one token for all, renewed once, and no secret anywhere."""

from __future__ import annotations

import base64
import logging
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from models.rules.causes import explain
from models.rules.replies import Verdict, classify
from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Application, Mechanism, Relay, Security
from tasks.mail.transport import SmtpSession
from tests.smtp_server import How, Moment, Rule, ScriptedServer, certificates
from tests.smtp_server.certificates import Certificate
from tests.token_authority import CLIENT_ID, Authority, running
from tests.workplace import Workplace

SENDER, RECIPIENT = "facturation@lilas.example.org", "josiane.mailly@example.org"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificates.good(tmp_path_factory.mktemp("good"))


@pytest.fixture
def authority(certificate: Certificate) -> Iterator[Authority]:
    with running(certificate) as started:
        yield started


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate, authority: Authority) -> Iterator[ScriptedServer]:
    """A relay with TLS that takes the authority's tokens."""
    options = {"security": Security.STARTTLS, "certificate": certificate}
    with ScriptedServer(tmp_path / "relay", user=SENDER, token_key=authority.key, **options) as started:  # type: ignore[arg-type]
        yield started


def relay_for(server: ScriptedServer, authority: Authority) -> Relay:
    secret, application = authority.secret, authority.application
    return server.relay(mechanism=Mechanism.XOAUTH2, secret=secret, application=application)


def attempt(relay: Relay) -> Evidence:
    connection = SmtpSession.open(relay)
    if isinstance(connection, Evidence):
        return connection
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, lambda: True)
    connection.close()
    return evidence


def test_an_application_sends_with_a_token(server: ScriptedServer, authority: Authority) -> None:
    """The ordinary way of Microsoft 365: TLS on both ways, a token of 4 kB, the account of the relay."""
    assert classify(attempt(relay_for(server, authority))).verdict is Verdict.ACCEPTED
    assert [(one.user, one.encrypted) for one in server.messages()] == [(SENDER, True)]
    assert len(authority.tokens[0]) > 4000


def test_all_connections_of_the_process_share_one_token(server: ScriptedServer, authority: Authority) -> None:
    """However many threads ask at once, the authority is asked once."""
    relay = relay_for(server, authority)
    with ThreadPoolExecutor(8) as threads:
        evidences = list(threads.map(attempt, [relay] * 16))
    assert {classify(evidence).verdict for evidence in evidences} == {Verdict.ACCEPTED}
    assert len(authority.requests) == 1


def test_a_token_is_renewed_before_it_ends(server: ScriptedServer, authority: Authority) -> None:
    """Five minutes before: no login is tried with one that could end under way."""
    authority.claimed_seconds = 302
    relay = relay_for(server, authority)
    assert [classify(attempt(relay)).verdict for _ in range(2)] == [Verdict.ACCEPTED] * 2
    assert len(authority.requests) == 1
    time.sleep(3)
    assert classify(attempt(relay)).verdict is Verdict.ACCEPTED
    assert len(authority.requests) == 2
    assert server.failed_logins == 0


def test_a_token_that_ended_early_is_renewed_once_and_the_mail_leaves(
    server: ScriptedServer, authority: Authority
) -> None:
    """Case 12: a clock that is wrong; one refused login, one new token, one copy."""
    authority.real_seconds = 3
    relay = relay_for(server, authority)
    assert classify(attempt(relay)).verdict is Verdict.ACCEPTED
    authority.real_seconds = 60
    time.sleep(3.2)
    assert classify(attempt(relay)).verdict is Verdict.ACCEPTED
    assert (server.failed_logins, len(authority.requests), len(server.messages())) == (1, 2, 2)


def test_a_fresh_token_that_is_said_to_have_expired_is_renewed_once_too(
    server: ScriptedServer, authority: Authority
) -> None:
    """The relay's word counts, whatever the authority said of the token's life."""
    server.script(Rule(Moment.AUTH, "535 5.7.3 Authentication unsuccessful: token expired", times=1))
    assert classify(attempt(relay_for(server, authority))).verdict is Verdict.ACCEPTED
    assert (server.failed_logins, len(authority.requests)) == (1, 2)


def test_a_second_refusal_stops_the_run(server: ScriptedServer, authority: Authority) -> None:
    """Never a loop: two tokens, two logins, and the breaker."""
    authority.real_seconds = -60
    evidence = attempt(relay_for(server, authority))
    assert (evidence.stage, evidence.code, evidence.enhanced) == (Stage.AUTH, 535, "5.7.3")
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert (server.failed_logins, len(authority.requests), server.messages()) == (2, 2, [])


@pytest.mark.parametrize(
    ("reply", "row"),
    [
        pytest.param("535 5.7.3 Authentication unsuccessful", "mailbox-not-granted", id="no right on the mailbox"),
        pytest.param(
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
            "https://aka.ms/smtp_auth_disabled for more information.",
            "smtp-auth-disabled",
            id="SMTP AUTH is off",
        ),
        pytest.param("550 5.7.30 Basic authentication is not supported", "basic-authentication-ended", id="5.7.30"),
    ],
)
def test_a_fresh_token_that_is_refused_for_another_reason_is_not_renewed(
    server: ScriptedServer, authority: Authority, reply: str, row: str
) -> None:
    """Another token would say the same: one login, and the sentence that speaks of the reason."""
    server.script(Rule(Moment.AUTH, reply))
    evidence = attempt(relay_for(server, authority))
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert explain(evidence).name == row, evidence
    assert (server.failed_logins, len(authority.requests)) == (1, 1)


def test_a_token_that_allows_nothing_is_said_to_lack_the_permission(
    server: ScriptedServer, authority: Authority
) -> None:
    """Entra gives a token without SMTP.SendAsApp, and Exchange refuses it without a reason."""
    authority.roles = ()
    evidence = attempt(relay_for(server, authority))
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert explain(evidence).name == "token-without-permission", evidence
    assert server.failed_logins == 1


Change = Callable[[Authority, Relay], Relay]


def wrong_secret(_: Authority, relay: Relay) -> Relay:
    return replace(relay, secret="mauvais")


def wrong_tenant(authority: Authority, relay: Relay) -> Relay:
    return replace(relay, application=Application("autre.example", CLIENT_ID, authority.url))


def wrong_client(authority: Authority, relay: Relay) -> Relay:
    return replace(relay, application=Application(authority.tenant, CLIENT_ID.replace("6", "7"), authority.url))


def unreachable(authority: Authority, relay: Relay) -> Relay:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"https://localhost:{free.getsockname()[1]}"
    return replace(relay, application=Application(authority.tenant, CLIENT_ID, url))


def unknown_name(authority: Authority, relay: Relay) -> Relay:
    return replace(relay, application=Application(authority.tenant, CLIENT_ID, "https://entra.invalid"))


def untrusted(_: Authority, relay: Relay) -> Relay:
    return replace(relay, ca_file="", security=Security.STARTTLS)


def silent(authority: Authority, relay: Relay) -> Relay:
    authority.silent_seconds = 2
    return replace(relay, timeout_seconds=0.5)


def answering(status: int, text: str, kind: str = "text/html") -> Change:
    def change(authority: Authority, relay: Relay) -> Relay:
        authority.answer = (status, kind, text)
        return relay

    return change


EXPIRED = '{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}'
NOT_ASSIGNED = '{"error":"invalid_grant","error_description":"AADSTS501051: Application is not assigned to a role."}'
LATER = '{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error has occurred."}'


@pytest.mark.parametrize(
    ("change", "row", "verdict"),
    [
        pytest.param(wrong_secret, "token-secret-wrong", Verdict.RELAY_STOPPED, id="wrong secret"),
        pytest.param(wrong_tenant, "token-tenant-wrong", Verdict.RELAY_STOPPED, id="wrong tenant"),
        pytest.param(wrong_client, "token-application-unknown", Verdict.RELAY_STOPPED, id="wrong application"),
        pytest.param(answering(401, EXPIRED), "token-secret-expired", Verdict.RELAY_STOPPED, id="expired secret"),
        pytest.param(answering(400, NOT_ASSIGNED), "token-permission-missing", Verdict.RELAY_STOPPED, id="permission"),
        pytest.param(answering(200, "{}"), "token-refused", Verdict.RELAY_STOPPED, id="no token in the answer"),
        pytest.param(answering(200, "<html>"), "token-refused", Verdict.RELAY_STOPPED, id="not an authority"),
        pytest.param(answering(302, "https://localhost:1/"), "token-refused", Verdict.RELAY_STOPPED, id="redirected"),
        pytest.param(untrusted, "token-service-certificate", Verdict.RELAY_STOPPED, id="unknown certificate"),
        pytest.param(unreachable, "token-service-unreachable", Verdict.RELAY_DELAYED, id="refused connection"),
        pytest.param(unknown_name, "token-service-unreachable", Verdict.RELAY_DELAYED, id="unknown name"),
        pytest.param(silent, "token-service-unreachable", Verdict.RELAY_DELAYED, id="silent"),
        pytest.param(answering(503, "busy"), "token-service-unreachable", Verdict.RELAY_DELAYED, id="503"),
        pytest.param(answering(400, LATER), "token-service-unreachable", Verdict.RELAY_DELAYED, id="later"),
    ],
)
def test_without_a_token_the_relay_is_not_even_called(
    server: ScriptedServer, authority: Authority, change: Change, row: str, verdict: Verdict
) -> None:
    """Each reason has its own sentence, the authority is asked once, and nothing leaves."""
    evidence = attempt(change(authority, relay_for(server, authority)))
    assert evidence.stage is Stage.AUTH
    assert evidence.fault in (Fault.TOKEN, Fault.TOKEN_SERVICE)
    assert explain(evidence).name == row, evidence
    assert classify(evidence).verdict is verdict
    assert server.connections == 0
    assert len(authority.requests) <= 1
    assert authority.secret not in repr(evidence)


def test_an_authority_that_was_away_is_asked_again(server: ScriptedServer, authority: Authority) -> None:
    """A failure is not kept: the next connection finds a token."""
    relay = relay_for(server, authority)
    assert classify(attempt(unreachable(authority, relay))).verdict is Verdict.RELAY_DELAYED
    assert classify(attempt(relay)).verdict is Verdict.ACCEPTED


def test_a_new_secret_is_used_at_once(server: ScriptedServer, authority: Authority) -> None:
    """The token of the old one is not, so that a wrong new one shows at once."""
    relay = relay_for(server, authority)
    assert classify(attempt(relay)).verdict is Verdict.ACCEPTED
    authority.secret = "n0uveau"
    assert explain(attempt(replace(relay, secret="faux"))).name == "token-secret-wrong"
    assert classify(attempt(relay_for(server, authority))).verdict is Verdict.ACCEPTED
    assert [form["client_secret"] for form in authority.requests] == [relay.secret, "faux", "n0uveau"]


def test_neither_a_proxy_nor_a_netrc_of_the_machine_gets_a_word(
    server: ScriptedServer, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The secret goes to the authority that the settings name, by no way round."""
    (tmp_path / ".netrc").write_text("machine localhost login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0)
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert classify(attempt(relay_for(server, authority))).verdict is Verdict.ACCEPTED
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_no_log_says_a_secret_or_a_token(
    server: ScriptedServer, authority: Authority, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """With every logger at its most talkative, for a success, a refusal and an answer that is no JSON."""
    relay = relay_for(server, authority)
    with caplog.at_level(logging.DEBUG):
        assert classify(attempt(relay)).verdict is Verdict.ACCEPTED
        attempt(replace(relay, secret="mauvais-secret"))
        authority.answer = (200, "text/html", f"{authority.secret} is not JSON")
        evidence = attempt(replace(relay, secret=authority.secret + "x"))
    said = caplog.text + "".join(capfd.readouterr()) + repr(evidence) + repr(relay)
    for hidden in (authority.secret, "mauvais-secret", authority.tokens[0]):
        assert hidden not in said
    assert any(record.name.startswith("urllib3") for record in caplog.records)  # the test looks where it should


@pytest.mark.parametrize("moment", [Moment.AUTH, Moment.MAIL, Moment.FINAL])
@pytest.mark.parametrize("how", [How.REPLY, How.CUT], ids=["in a reply", "in garbage"])
def test_a_token_that_the_relay_echoes_is_in_no_evidence(
    server: ScriptedServer, authority: Authority, moment: Moment, how: How
) -> None:
    """As it is and as it goes over the wire; evidence is stored and shown for years."""
    connection = SmtpSession.open(relay_for(server, authority))
    assert isinstance(connection, SmtpSession)
    connection.close()
    (token,) = authority.tokens
    wire = base64.b64encode(f"user={SENDER}\1auth=Bearer {token}\1\1".encode()).decode()
    server.script(Rule(moment, f"535 5.7.8 {wire} or {token} refused", how))
    authority.answer = (503, "text/plain", "no second token")
    evidence = attempt(relay_for(server, authority))
    assert token[:40] not in repr(evidence)
    assert wire[:60] not in repr(evidence)


def test_an_authority_that_echoes_the_secret_does_not_bring_it_into_the_evidence(
    server: ScriptedServer, authority: Authority
) -> None:
    """Whatever it objects to."""
    authority.answer = (400, "application/json", f'{{"error":"x","error_description":"bad {authority.secret}!"}}')
    evidence = attempt(relay_for(server, authority))
    assert evidence.text == "bad ***!"


def test_a_relay_is_no_parameter_of_a_task() -> None:
    """What is pickled ends in files and in other processes."""
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(Relay("h", 587, secret="s"))


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, workplace: Workplace, server: ScriptedServer, authority: Authority
) -> Callable[[str, str], None]:
    """The environment names the relay and the authority; gives a way to change one setting."""

    def change(name: str, value: str) -> None:
        monkeypatch.setenv(f"FACTEUR_SMTP__{name}", value)

    relay = relay_for(server, authority)
    change("HOST", relay.host)
    change("PORT", str(relay.port))
    change("SECURITY", "starttls")
    change("MECHANISM", "XOAUTH2")
    change("USER", SENDER)
    change("SECRET", authority.secret)
    change("TENANT", authority.tenant)
    change("CLIENT_ID", CLIENT_ID)
    change("AUTHORITY", authority.url)
    change("CA_FILE", relay.ca_file)
    return change


def test_a_campaign_leaves_with_tokens(
    workplace: Workplace, server: ScriptedServer, environment: Callable[[str, str], None]
) -> None:
    """From FACTEUR_SMTP__MECHANISM=XOAUTH2 to the mails."""
    for number in range(3):
        workplace.add_resident("MAILLY", own=f"r{number}@example.org")
    assert workplace.run() == ["Envoyé"] * 3
    assert len(server.messages()) == 3


def test_a_wrong_secret_stops_the_campaign_before_anything_leaves(
    workplace: Workplace, server: ScriptedServer, authority: Authority, environment: Callable[[str, str], None]
) -> None:
    """Nobody is failed for it, the sentence says what to do, and after the correction all leave."""
    for number in range(3):
        workplace.add_resident("MAILLY", own=f"r{number}@example.org")
    environment("SECRET", "mauvais")
    assert workplace.run() == ["En attente"] * 3
    (stop,) = workplace.stops
    assert "secret client" in stop.sentence
    assert "ID de secret" in stop.remedy
    assert (server.connections, len(authority.requests)) == (0, 1)
    environment("SECRET", authority.secret)
    assert workplace.run() == ["Envoyé"] * 3
