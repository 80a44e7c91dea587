"""Encryption and login against a real server: verified or nothing, one try, and no secret in any evidence."""

import base64
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from models.rules.causes import TABLE, explain
from models.rules.replies import Verdict, classify
from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Mechanism, Relay, Security
from tasks.mail.transport import SmtpSession
from tests.smtp_server import How, Moment, Rule, ScriptedServer, certificates
from tests.smtp_server.certificates import Certificate

SENDER, RECIPIENT = "facturation@lilas.example.org", "josiane.mailly@example.org"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
USER, PASSWORD = "facturation@lilas.example.org", "clé-très-secrète"
ENCODED = base64.b64encode(PASSWORD.encode()).decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificates.good(tmp_path_factory.mktemp("good"))


def attempt(relay: Relay) -> Evidence:
    connection = SmtpSession.open(relay)
    if isinstance(connection, Evidence):
        return connection
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, lambda: True)
    connection.close()
    return evidence


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_verified_connection_carries_the_message_encrypted(
    tmp_path: Path, certificate: Certificate, security: Security
) -> None:
    """The ordinary way, TLS 1.2 at least, TCP_NODELAY under it."""
    with ScriptedServer(tmp_path, security=security, certificate=certificate, user=USER, password=PASSWORD) as server:
        connection = SmtpSession.open(server.relay())
        assert isinstance(connection, SmtpSession)
        encrypted = connection._wire.sock
        assert isinstance(encrypted, ssl.SSLSocket)
        assert encrypted.version() in ("TLSv1.2", "TLSv1.3")
        assert encrypted.context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert encrypted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for _ in range(5):
            evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, lambda: True)
            assert classify(evidence).verdict is Verdict.ACCEPTED
        connection.close()
        stored = server.messages()
        assert [(one.encrypted, one.user) for one in stored] == [(True, USER)] * 5


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize(
    ("make", "row"),
    [
        (certificates.wrong_name, "certificate-wrong-name"),
        (certificates.expired, "certificate-expired"),
        (certificates.self_signed, "certificate-self-signed"),
        (certificates.unknown_authority, "certificate-not-trusted"),
    ],
)
def test_a_bad_certificate_stops_the_campaign_and_nothing_is_said_to_that_server(
    tmp_path: Path, security: Security, make: Callable[[Path], Certificate], row: str
) -> None:
    """Case 10: neither the password nor an address goes to a server that cannot say who it is."""
    bad = make(tmp_path / "certificate")
    with ScriptedServer(tmp_path, security=security, certificate=bad, user=USER, password=PASSWORD) as server:
        evidence = attempt(server.relay())
        said = [line.split()[0].upper() for line in server.commands()]
    assert evidence.fault is Fault.TLS
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert explain(evidence).name == row, evidence.text
    assert said == (["EHLO", "STARTTLS"] if security is Security.STARTTLS else [])
    assert "_ssl.c" not in evidence.text


@contextmanager
def relay_with_tls(certificate: Certificate, newest: str, security: Security) -> Iterator[tuple[Relay, list[str]]]:
    """A relay that speaks TLS up to ``newest``, and the verbs that it is told; OpenSSL itself says what it refuses."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 is: that is the point
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion[newest]
    told: list[str] = []

    def converse(plain: socket.socket) -> None:
        connection = context.wrap_socket(plain, server_side=True) if security is Security.TLS else plain
        connection.sendall(b"220 old.example\r\n")
        while line := connection.recv(1000).decode():
            told.append(line.split()[0].upper())
            if told[-1] == "STARTTLS":
                connection.sendall(b"220 Go\r\n")
                connection = context.wrap_socket(connection, server_side=True)
            else:
                connection.sendall(b"250-old.example\r\n250 STARTTLS\r\n")
        connection.close()

    def serve() -> None:
        plain, _ = listening.accept()
        with plain, contextlib.suppress(ssl.SSLError):
            converse(plain)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        yield Relay("localhost", port, security, ca_file=str(certificate.authority), timeout_seconds=5), told
        thread.join()


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_relay_whose_encryption_is_too_old_gets_nothing(certificate: Certificate, security: Security) -> None:
    """TLS 1.1 at most, which RFC 8996 has retired; TLS 1.2 is taken."""
    with relay_with_tls(certificate, "TLSv1_1", security) as (relay, told):
        evidence = attempt(relay)
    assert told == (["EHLO", "STARTTLS"] if security is Security.STARTTLS else [])
    assert evidence.fault is Fault.TLS
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert explain(evidence).name == "tls-too-old", evidence.text
    with relay_with_tls(certificate, "TLSv1_2", security) as (relay, told):
        connection = SmtpSession.open(relay)
        assert isinstance(connection, SmtpSession)
        connection.close()
    assert told[-1] == "QUIT"


def test_each_way_to_fail_at_encryption_has_its_own_sentence() -> None:
    """What to do differs, so what is said does."""
    rows = [row for row in TABLE if row.fault in (Fault.TLS, Fault.NO_STARTTLS)]
    assert len({row.cause for row in rows}) == len(rows) >= 9
    assert all("Rien n'a été envoyé." in row.cause for row in rows)


def test_a_relay_without_starttls_gets_nothing_in_clear(tmp_path: Path, certificate: Certificate) -> None:
    """Case 10: whether it never had it or someone on the way took it out."""
    with ScriptedServer(tmp_path, security=Security.STARTTLS, certificate=certificate, hide=["STARTTLS"]) as server:
        evidence = attempt(server.relay())
        said = [line.split()[0].upper() for line in server.commands()]
    assert (evidence.stage, evidence.fault) == (Stage.STARTTLS, Fault.NO_STARTTLS)
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert said == ["EHLO"]


INJECTED = Rule(Moment.STARTTLS, "220 Go\r\n250 injected\r\n", How.RAW)
CUT_OFF = Rule(Moment.STARTTLS, "220 Go\r\n", How.CUT)


@pytest.mark.parametrize(
    ("rule", "fault", "code", "verdict"),
    [
        pytest.param(Rule(Moment.STARTTLS, "454 4.7.0 Later"), None, 454, Verdict.RELAY_DELAYED, id="later"),
        pytest.param(Rule(Moment.STARTTLS, "502 5.5.1 No"), None, 502, Verdict.RELAY_STOPPED, id="refused"),
        pytest.param(INJECTED, Fault.TLS, None, Verdict.RELAY_STOPPED, id="words slipped in before the handshake"),
        pytest.param(Rule(Moment.STARTTLS, how=How.DROP), Fault.DROPPED, None, Verdict.RELAY_DELAYED, id="dropped"),
        pytest.param(CUT_OFF, Fault.DROPPED, None, Verdict.RELAY_DELAYED, id="dropped in the handshake"),
        pytest.param(Rule(Moment.STARTTLS, how=How.HANG), Fault.TIMEOUT, None, Verdict.RELAY_DELAYED, id="silent"),
    ],
)
def test_a_starttls_that_fails_is_never_gone_without(
    tmp_path: Path, certificate: Certificate, rule: Rule, fault: Fault | None, code: int | None, verdict: Verdict
) -> None:
    """Whatever goes wrong there, no login and no message follow."""
    with ScriptedServer(tmp_path, rule, security=Security.STARTTLS, certificate=certificate) as server:
        evidence = attempt(server.relay(timeout_seconds=0.5))
        assert (evidence.stage, evidence.fault, evidence.code) == (Stage.STARTTLS, fault, code)
        assert classify(evidence).verdict is verdict
        assert [line.split()[0].upper() for line in server.commands()] == ["EHLO", "STARTTLS"]


def test_a_server_that_speaks_no_tls_on_the_tls_port_is_a_wrong_port(tmp_path: Path, certificate: Certificate) -> None:
    """465 and 587 mixed up: said as such, not as a network fault."""
    with ScriptedServer(tmp_path) as server:
        relay = server.relay(host="localhost", security=Security.TLS, ca_file=str(certificate.authority))
        evidence = attempt(relay)
    assert evidence.fault is Fault.TLS
    assert explain(evidence).name == "tls-wrong-port", evidence.text


@pytest.mark.parametrize("content", [None, "no certificate at all"], ids=["missing", "unreadable"])
def test_an_authority_file_that_cannot_be_read_stops_the_campaign(tmp_path: Path, content: str | None) -> None:
    """It is said before anyone is called."""
    file = tmp_path / "authority.pem"
    if content:
        file.write_text(content)
    evidence = attempt(Relay("localhost", 1, ca_file=str(file)))
    assert evidence.fault is Fault.TLS
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED
    assert explain(evidence).name == "certificate-file", evidence.text


def test_without_encryption_only_this_machine_is_spoken_to() -> None:
    """A relay elsewhere that is configured without encryption gets neither login nor message."""
    with socket.create_server(("0.0.0.0", 0)) as listening:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
            try:
                route.connect(("192.0.2.1", 9))  # sends nothing: asks which address of ours faces outward
            except OSError:
                pytest.skip("this machine has no address but the loopback")
            own = route.getsockname()[0]
        evidence = attempt(Relay(own, listening.getsockname()[1], Security.NONE))
    assert (evidence.stage, evidence.fault) == (Stage.STARTTLS, Fault.NO_STARTTLS)
    assert classify(evidence).verdict is Verdict.RELAY_STOPPED


MECHANISMS = [Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.XOAUTH2]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_mechanism_logs_in(tmp_path: Path, mechanism: Mechanism) -> None:
    """RFC 4616, its older sister, and Microsoft's; with accents in the password and a token of 4 kB."""
    password = "t" * 4000 if mechanism is Mechanism.XOAUTH2 else PASSWORD
    with ScriptedServer(tmp_path, user=USER, password=password) as server:
        evidence = attempt(server.relay(mechanism=mechanism))
        assert classify(evidence).verdict is Verdict.ACCEPTED
        assert [one.user for one in server.messages()] == [USER]
        assert server.failed_logins == 0


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_makes_exactly_one_failed_login(tmp_path: Path, mechanism: Mechanism) -> None:
    """Case 11: no second mechanism and no second try; accounts lock."""
    with ScriptedServer(tmp_path, user=USER, password=PASSWORD) as server:
        evidence = attempt(server.relay(mechanism=mechanism, secret="wrong"))
        assert (evidence.stage, evidence.code, evidence.enhanced) == (Stage.AUTH, 535, "5.7.8")
        assert classify(evidence).verdict is Verdict.RELAY_STOPPED
        assert server.failed_logins == 1
        assert server.messages() == []
        assert [line.split()[0].upper() for line in server.commands()] == ["EHLO", "AUTH"]


def test_the_reason_of_a_refused_token_is_kept(tmp_path: Path) -> None:
    """XOAUTH2 says why in a challenge, in JSON, before the 535."""
    with ScriptedServer(tmp_path, user=USER, password=PASSWORD) as server:
        evidence = attempt(server.relay(mechanism=Mechanism.XOAUTH2, secret="expired"))
    assert '"status":"401"' in evidence.text


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_mechanism_that_is_not_offered_is_not_tried(tmp_path: Path, mechanism: Mechanism) -> None:
    """Nor is another one in its place."""
    with ScriptedServer(tmp_path, user=USER, password=PASSWORD) as server:
        server.script(hide=[mechanism.value])
        evidence = attempt(server.relay(mechanism=mechanism))
        assert (evidence.stage, evidence.fault) == (Stage.AUTH, Fault.NO_AUTH)
        assert classify(evidence).verdict is Verdict.RELAY_STOPPED
        assert server.failed_logins == 0
        assert [line.split()[0].upper() for line in server.commands()] == ["EHLO"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("moment", [Moment.AUTH, Moment.MAIL, Moment.FINAL])
@pytest.mark.parametrize("how", [How.REPLY, How.CUT], ids=["in a reply", "in garbage"])
def test_a_secret_that_the_server_echoes_is_in_no_evidence(
    tmp_path: Path, mechanism: Mechanism, moment: Moment, how: How
) -> None:
    """Evidence is stored and shown for years; some servers repeat the line they did not like."""
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    bearer = base64.b64encode(f"user={USER}\1auth=Bearer {PASSWORD}\1\1".encode()).decode()
    answer = {Mechanism.PLAIN: plain, Mechanism.LOGIN: ENCODED, Mechanism.XOAUTH2: bearer}[mechanism]
    echo = Rule(moment, f"535 5.7.8 {answer} or {PASSWORD} refused", how)
    with ScriptedServer(tmp_path, echo, user=USER, password=PASSWORD) as server:
        evidence = attempt(server.relay(mechanism=mechanism))
    assert evidence.text.count("***") == 2, evidence
    assert PASSWORD not in repr(evidence)
    assert answer not in repr(evidence)


def test_a_relay_shows_no_secret() -> None:
    """Neither in a log nor in a traceback that prints the value."""
    assert PASSWORD not in repr(Relay("h", 587, secret=PASSWORD))


def test_a_server_that_others_wrote_takes_our_encryption_and_our_token(certificate: Certificate) -> None:
    """aiosmtpd: STARTTLS, then AUTH before anything else, with a token of 4 kB as Microsoft's are."""
    token, seen = "t" * 4000, []

    class Handler(Sink):
        async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
            seen.append(base64.b64decode(args[1]).decode())
            return AuthResult(success=True)

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            seen.append((session.authenticated, session.ssl is not None, envelope.content))
            return "250 2.0.0 Stored"

    class LongLines(SMTP):
        line_length_limit = 20_000

    class LongLinesController(Controller):
        def factory(self) -> SMTP:
            server = LongLines(
                self.handler, tls_context=context, require_starttls=True, auth_required=True, hostname="localhost"
            )
            server.command_size_limits["AUTH"] = 20_000
            return server

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = LongLinesController(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        evidence = attempt(
            Relay(
                "localhost",
                port,
                user=USER,
                secret=token,
                mechanism=Mechanism.XOAUTH2,
                ca_file=str(certificate.authority),
                timeout_seconds=3,
            )
        )
    finally:
        controller.stop()
    assert classify(evidence).verdict is Verdict.ACCEPTED, evidence
    assert seen == [f"user={USER}\1auth=Bearer {token}\1\1", (True, True, MESSAGE)]
