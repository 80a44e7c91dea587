"""One message to one relay, against a real server: what is observed, what it means, and how many copies there are."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, Envelope, Session

from models.rules.replies import Verdict, classify
from models.values.evidence import Evidence, Fault, Stage
from models.values.mail import Attachment, Mail
from models.values.relay import Relay, Security
from tasks.mail import transport
from tasks.mail.message import assemble, message_id
from tasks.mail.transport import SmtpSession
from tests.smtp_server import How, Moment, Rule, ScriptedServer

SENDER, RECIPIENT = "facturation@lilas.example.org", "josiane.mailly@example.org"
MESSAGE = assemble(
    Mail(
        sender_name="Résidence Les Lilas",
        sender_email=SENDER,
        reply_to="accueil@lilas.example.org",
        recipient_email=RECIPIENT,
        subject="Votre facture de septembre 2024",
        text="Bonjour,\n.\n.. et merci\n",
        html="<p>Bonjour</p>",
        attachments=(Attachment("facture.pdf", b"%PDF-1.4 " * 3000),),
        message_id=message_id("delivery:1", "lilas.example.org"),
        date=datetime(2024, 10, 1, tzinfo=UTC),
    )
)
LARGE_MESSAGE = b"Subject: large\r\n\r\n" + (b"x" * 78 + b"\r\n") * 250_000  # 20 MB: more than all socket buffers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    """One server process for all tests here; ``fresh`` tells what a test left in it."""
    with ScriptedServer(tmp_path_factory.mktemp("smtp")) as running:
        yield running


@pytest.fixture
def copies(server: ScriptedServer) -> Iterator[Callable[[], int]]:
    """How many copies were stored since the test began, under the ordinary script unless the test writes one."""
    server.script()
    before = len(server.messages())
    yield lambda: len(server.messages()) - before
    server.script()


def yes() -> bool:
    return True


def opened(relay: Relay) -> SmtpSession:
    connection = SmtpSession.open(relay)
    assert isinstance(connection, SmtpSession), connection
    return connection


def attempt(relay: Relay, message: bytes = MESSAGE, before_dot: Callable[[], bool] = yes) -> Evidence:
    """Open, hand over once, close: what was observed."""
    connection = SmtpSession.open(relay)
    if isinstance(connection, Evidence):
        return connection
    evidence = connection.hand_over(SENDER, RECIPIENT, message, before_dot)
    connection.close()
    return evidence


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server records after its last word."""
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that within two seconds")


def test_an_accepted_message_is_stored_once_and_byte_for_byte(server: ScriptedServer, copies) -> None:
    """The envelope, the dots at the beginning of lines and the last line end arrive as they were."""
    message = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nend\r\n"
    connection = opened(server.relay())
    for content in (MESSAGE, message, message.removesuffix(b"\r\n"), b".\r\n"):
        evidence = connection.hand_over(SENDER, RECIPIENT, content, yes)
        assert (evidence.stage, evidence.code, evidence.enhanced) == (Stage.FINAL, 250, "2.0.0")
        assert classify(evidence).verdict is Verdict.ACCEPTED
    connection.close()
    assert copies() == 4
    stored = server.messages()[-4:]
    assert [one.content for one in stored] == [MESSAGE, message, message, b".\r\n"]
    assert {(one.sender, one.recipients) for one in stored} == {(SENDER, (RECIPIENT,))}


def test_what_is_stored_reads_as_the_mail_that_was_composed(server: ScriptedServer, copies) -> None:
    """From the value to the mailbox: subject, text and PDF are there."""
    attempt(server.relay())
    received = message_from_bytes(server.messages()[-1].content, policy=policy.default)
    assert received["Subject"] == "Votre facture de septembre 2024"
    assert received.get_body(("plain",)).get_content().splitlines() == ["Bonjour,", ".", ".. et merci"]
    assert next(received.iter_attachments()).get_content() == b"%PDF-1.4 " * 3000


REPLIES = [
    (Moment.BANNER, "421 4.3.2 Closing", Stage.CONNECT, Verdict.RELAY_DELAYED),
    (Moment.BANNER, "554 No", Stage.CONNECT, Verdict.RELAY_DELAYED),
    (Moment.EHLO, "502 5.5.1 No", Stage.EHLO, Verdict.RELAY_DELAYED),
    (Moment.MAIL, "451 4.3.0 Later", Stage.MAIL, Verdict.RELAY_DELAYED),
    (Moment.MAIL, "421 4.7.0 Later", Stage.MAIL, Verdict.RELAY_DELAYED),
    (Moment.MAIL, "550 5.7.1 No", Stage.MAIL, Verdict.RELAY_STOPPED),
    (Moment.MAIL, "552 5.3.4 Too big", Stage.MAIL, Verdict.REFUSED),
    (Moment.RCPT, "450 4.2.0 Greylisted", Stage.RCPT, Verdict.DEFERRED),
    (Moment.RCPT, "421 4.4.5 Busy", Stage.RCPT, Verdict.DEFERRED),
    (Moment.RCPT, "550 5.1.1 Unknown", Stage.RCPT, Verdict.REFUSED),
    (Moment.RCPT, "550 5.7.1 Policy", Stage.RCPT, Verdict.RELAY_STOPPED),
    (Moment.DATA, "451 4.3.0 Later", Stage.DATA, Verdict.DEFERRED),
    (Moment.DATA, "421 4.3.0 Later", Stage.DATA, Verdict.DEFERRED),
    (Moment.DATA, "554 5.7.1 No", Stage.DATA, Verdict.RELAY_STOPPED),
    (Moment.BODY, "552 5.3.4 Too big", Stage.BODY, Verdict.REFUSED),
    (Moment.BODY, "421 4.3.0 Later", Stage.BODY, Verdict.DEFERRED),
    (Moment.FINAL, "451 4.3.0 Later", Stage.FINAL, Verdict.DEFERRED),
    (Moment.FINAL, "432 4.3.2 Concurrent connections limit exceeded", Stage.FINAL, Verdict.RELAY_DELAYED),
    (Moment.FINAL, "554 5.2.252 SendAsDenied", Stage.FINAL, Verdict.RELAY_STOPPED),
    (Moment.FINAL, "554 5.2.0 x.SubmissionQuotaExceededException", Stage.FINAL, Verdict.RELAY_STOPPED),
    (Moment.FINAL, "552 5.3.4 Too big", Stage.FINAL, Verdict.REFUSED),
]


@pytest.mark.parametrize(
    ("moment", "reply", "stage", "verdict"), [pytest.param(*case, id=f"{case[0]}: {case[1]}") for case in REPLIES]
)
def test_a_negative_reply_is_evidence_of_its_stage_and_leaves_no_copy(
    server: ScriptedServer, copies, moment: Moment, reply: str, stage: Stage, verdict: Verdict
) -> None:
    """Whatever the relay says no to, it says it once, and nothing is stored."""
    server.script(Rule(moment, reply))
    evidence = attempt(server.relay())
    assert (evidence.stage, evidence.code, evidence.fault) == (stage, int(reply[:3]), None)
    assert classify(evidence).verdict is verdict
    assert copies() == 0


BEFORE_THE_DOT = [
    (Moment.BANNER, Stage.CONNECT, Verdict.RELAY_DELAYED),
    (Moment.EHLO, Stage.EHLO, Verdict.RELAY_DELAYED),
    (Moment.MAIL, Stage.MAIL, Verdict.RELAY_DELAYED),
    (Moment.RCPT, Stage.RCPT, Verdict.DEFERRED),
    (Moment.DATA, Stage.DATA, Verdict.DEFERRED),
]
SEEN = [
    (How.DROP, "", {Fault.DROPPED}),
    (How.RESET, "", {Fault.DROPPED}),
    (How.HANG, "", {Fault.TIMEOUT}),
    (How.DRIP, "250 ok and so on and on and on and on and on and on", {Fault.TIMEOUT}),
    (How.RAW, "what?\r\n", {Fault.GARBLED}),
    (How.RAW, "2500 ok\r\n", {Fault.GARBLED}),
    (How.RAW, "250-one\r\n251 two\r\n", {Fault.GARBLED}),
    (How.RAW, "\x00\x01\r\n", {Fault.GARBLED}),
    (How.CUT, "250 2.0.0 OK", {Fault.GARBLED}),
    (How.CUT, "25", {Fault.GARBLED}),
    (How.CUT, "250-2.0.0 OK\r\n", {Fault.GARBLED}),
]


def loopback(port: int) -> Relay:
    return Relay("127.0.0.1", port, Security.NONE, timeout_seconds=1, patience_seconds=2)


def impatient(server: ScriptedServer) -> Relay:
    return server.relay(timeout_seconds=0.3, patience_seconds=0.6)


@pytest.mark.parametrize(
    ("moment", "stage", "verdict", "how", "reply", "faults"),
    [
        pytest.param(*where, *what, id=f"{where[0]}: {what[0]} {what[1][:12]!r}")
        for where in BEFORE_THE_DOT
        for what in SEEN
    ],
)
def test_a_fault_before_the_dot_is_not_sent(
    server: ScriptedServer, copies, moment: Moment, stage: Stage, verdict: Verdict, how: How, reply: str, faults
) -> None:
    """Dropped, reset, silent, dripping, garbled or cut: a fault of its stage, soon, and no copy."""
    server.script(Rule(moment, reply, how, seconds=0.1 if how is How.DRIP else 0))
    began = time.monotonic()
    evidence = attempt(impatient(server))
    assert time.monotonic() - began < 3
    assert evidence.stage is stage
    assert evidence.fault in faults
    assert classify(evidence).verdict is verdict
    assert copies() == 0


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
@pytest.mark.parametrize(
    ("how", "reply", "faults"), [pytest.param(*what, id=f"{what[0]} {what[1][:12]!r}") for what in SEEN]
)
def test_a_fault_after_the_dot_is_uncertain(
    server: ScriptedServer, copies, how: How, reply: str, faults, stored: bool
) -> None:
    """There may be a copy and there may be none: nobody can tell from here, and nobody claims to."""
    server.script(Rule(Moment.FINAL, reply, how, seconds=0.1 if how is How.DRIP else 0, stored=stored))
    evidence = attempt(impatient(server))
    assert evidence.stage is Stage.FINAL
    assert evidence.fault in faults
    assert classify(evidence).verdict is Verdict.UNCERTAIN
    assert copies() == int(stored)


def test_after_the_dot_the_relay_has_all_the_patience_there_is(server: ScriptedServer, copies) -> None:
    """A hasty timeout there would make an uncertain of what a slow content filter was about to accept."""
    server.script(Rule(Moment.FINAL, seconds=0.5))
    evidence = attempt(server.relay(timeout_seconds=0.2, patience_seconds=5))
    assert classify(evidence).verdict is Verdict.ACCEPTED
    assert copies() == 1


@pytest.mark.parametrize("how", [How.DROP, How.RESET])
def test_a_connection_lost_in_mid_body_is_not_sent(server: ScriptedServer, copies, how: How) -> None:
    """Case 18: the ledger is never asked for the dot when the body did not go out."""
    server.script(Rule(Moment.BODY, how=how, at=1000))
    asked = []
    evidence = attempt(server.relay(), LARGE_MESSAGE, lambda: asked.append(1) is None)
    assert (evidence.stage, evidence.fault) == (Stage.BODY, Fault.DROPPED)
    assert classify(evidence).verdict is Verdict.DEFERRED
    assert (copies(), asked) == (0, [])


def test_a_refusal_in_mid_body_counts_although_the_body_could_not_be_written(server: ScriptedServer, copies) -> None:
    """The relay says 552 and stops reading: its reply is found, and it is not taken for a drop."""
    server.script(Rule(Moment.BODY, "552 5.3.4 Too big\r\n", How.CUT, at=1000))
    evidence = attempt(server.relay(), LARGE_MESSAGE)
    assert evidence.stage is Stage.BODY
    assert (evidence.code, evidence.enhanced) == (552, "5.3.4")
    assert copies() == 0


@pytest.mark.parametrize(
    ("rule", "fault", "code"),
    [
        pytest.param(Rule(Moment.BODY, how=How.DROP, at=100, seconds=0.2), Fault.DROPPED, None, id="dropped"),
        pytest.param(Rule(Moment.BODY, "451 4.3.0 Stop", at=100, seconds=0.2), None, 451, id="refused"),
        pytest.param(
            Rule(Moment.BODY, "250 2.0.0 OK", at=100, seconds=0.2), Fault.GARBLED, None, id="accepted, impossibly"
        ),
    ],
)
def test_what_the_relay_does_while_the_ledger_is_asked_is_seen_before_the_dot(
    server: ScriptedServer, copies, rule: Rule, fault: Fault | None, code: int | None
) -> None:
    """The commit takes its time; a relay that leaves meanwhile never gets the dot, so the outcome is known."""
    server.script(rule)

    def commit() -> bool:
        time.sleep(0.5)
        return True

    evidence = attempt(server.relay(), MESSAGE, commit)
    assert (evidence.stage, evidence.fault, evidence.code) == (Stage.BODY, fault, code)
    assert classify(evidence).verdict is Verdict.DEFERRED
    assert (copies(), server.dots_after_refusal) == (0, 0)


def test_an_impossible_yes_before_the_dot_is_not_taken_for_the_acceptance(server: ScriptedServer, copies) -> None:
    """A 250 that was there before the dot cannot be the answer to it."""
    server.script(Rule(Moment.BODY, "250 2.0.0 OK"))
    asked = []
    evidence = attempt(server.relay(), MESSAGE, lambda: asked.append(1) is None)
    assert (evidence.stage, evidence.fault) == (Stage.BODY, Fault.GARBLED)
    assert (copies(), asked, server.dots_after_refusal) == (0, [], 0)


def test_the_fence_keeps_the_dot_back(server: ScriptedServer, copies) -> None:
    """Case 27: the ledger says no; the body is out, the dot never is, and the connection is gone."""
    unfinished = server.unfinished
    connection = opened(server.relay())
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, lambda: False)
    assert evidence == Evidence(Stage.BODY, fault=Fault.FENCED)
    assert classify(evidence).verdict is Verdict.NOT_OURS
    assert connection.worn
    connection.close()
    until(lambda: server.unfinished == unfinished + 1)
    assert copies() == 0


def test_a_ledger_that_fails_keeps_the_dot_back(server: ScriptedServer, copies) -> None:
    """Case 28: the database raises before the dot; the error goes up and no copy exists."""
    unfinished = server.unfinished
    connection = opened(server.relay())

    def locked() -> bool:
        raise OSError("database is locked")

    with pytest.raises(OSError, match="locked"):
        connection.hand_over(SENDER, RECIPIENT, MESSAGE, locked)
    assert connection.worn
    connection.close()
    until(lambda: server.unfinished == unfinished + 1)
    assert copies() == 0


def test_the_whole_body_is_out_before_the_ledger_is_asked(server: ScriptedServer, copies) -> None:
    """The dot is all that is missing: what the relay reads after a yes is three bytes."""
    sizes = []
    message = LARGE_MESSAGE[: 80 * 5000]
    evidence = attempt(server.relay(), message, lambda: sizes.append(copies()) is None)
    assert classify(evidence).verdict is Verdict.ACCEPTED
    assert sizes == [0]
    assert server.messages()[-1].content == message + b"\r\n"


# Connections that serve many messages


def test_one_connection_serves_many_messages_and_says_so(server: ScriptedServer, copies) -> None:
    """The evidence tells that the connection had served before; TCP_NODELAY is on, or each would wait for 40 ms."""
    before = server.connections
    connection = opened(server.relay())
    assert connection._wire.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    evidence = [connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes) for _ in range(20)]
    connection.close()
    assert [one.reused for one in evidence] == [False] + [True] * 19
    assert (copies(), server.connections) == (20, before + 1)


@pytest.mark.parametrize("how", [How.DROP, How.RESET, How.REPLY], ids=["dropped", "reset", "closed with a 421"])
def test_an_idle_connection_that_the_relay_closed_asks_for_one_reconnection(
    server: ScriptedServer, copies, how: How
) -> None:
    """Case 13: the next message finds it gone before anything is said; a new connection serves it."""
    server.script(Rule(Moment.IDLE, how=how, times=1))
    connection = opened(server.relay())
    assert classify(connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)).verdict is Verdict.ACCEPTED
    time.sleep(0.1)
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    assert (evidence.stage, evidence.fault, evidence.reused) == (Stage.MAIL, Fault.DROPPED, True)
    assert classify(evidence).verdict is Verdict.RECONNECT
    assert connection.worn
    connection.close()
    assert classify(attempt(server.relay())).verdict is Verdict.ACCEPTED
    assert copies() == 2


def test_a_connection_dropped_at_mail_when_it_was_used_before_asks_for_one_reconnection(
    server: ScriptedServer, copies
) -> None:
    """Case 13, the other way: the relay leaves on hearing MAIL."""
    server.script(Rule(Moment.MAIL, how=How.DROP, skip=1, times=1))
    connection = opened(server.relay())
    verdicts = [classify(connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)).verdict for _ in range(2)]
    connection.close()
    assert verdicts == [Verdict.ACCEPTED, Verdict.RECONNECT]
    assert copies() == 1


def test_a_closed_connection_is_only_gone(server: ScriptedServer, copies) -> None:
    """Using it again is an observation like any other, never an exception."""
    connection = opened(server.relay())
    connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    connection.close()
    connection.close()
    assert connection.worn
    assert classify(connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)).verdict is Verdict.RECONNECT
    assert copies() == 1


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule(Moment.RCPT, "550 5.1.1 Unknown", times=1), id="RCPT"),
        pytest.param(Rule(Moment.MAIL, "451 4.3.0 Later", times=1), id="MAIL"),
        pytest.param(Rule(Moment.DATA, "451 4.3.0 Later", times=1), id="DATA"),
        pytest.param(Rule(Moment.FINAL, "451 4.3.0 Later", times=1), id="after the dot"),
    ],
)
def test_a_connection_stays_usable_after_a_refusal(server: ScriptedServer, copies, rule: Rule) -> None:
    """The campaign goes on, on the same connection, and the refused address is not in the next envelope."""
    server.script(rule)
    before = server.connections
    connection = opened(server.relay())
    first = connection.hand_over(SENDER, "unknown@example.org", MESSAGE, yes)
    assert not connection.worn
    second = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    connection.close()
    assert classify(first).verdict in (Verdict.REFUSED, Verdict.DEFERRED, Verdict.RELAY_DELAYED)
    assert classify(second).verdict is Verdict.ACCEPTED
    assert server.connections == before + 1
    assert copies() == 1
    assert server.messages()[-1].recipients == (RECIPIENT,)


@pytest.mark.parametrize("how", [How.DROP, How.RAW, How.HANG, How.REPLY])
def test_a_reset_that_fails_changes_no_outcome(server: ScriptedServer, copies, how: How) -> None:
    """The refusal stands; the connection is not used again."""
    server.script(Rule(Moment.RCPT, "550 5.1.1 Unknown"), Rule(Moment.RSET, "421 4.3.0 Closing", how))
    connection = opened(impatient(server))
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    assert (evidence.stage, evidence.code) == (Stage.RCPT, 550)
    assert connection.worn
    connection.close()


@pytest.mark.parametrize(
    ("how", "reply"),
    [(How.REPLY, "421 4.3.0 Closing"), (How.HANG, ""), (How.DROP, ""), (How.RAW, "?\r\n"), (How.DRIP, "221 2.0.0 Bye")],
)
def test_a_quit_that_fails_changes_no_outcome(
    server: ScriptedServer, copies, how: How, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 24: accepted stays accepted, and closing neither raises nor waits for long."""
    monkeypatch.setattr(transport, "QUIT_SECONDS", 0.3)
    server.script(Rule(Moment.QUIT, reply, how, seconds=0.1 if how is How.DRIP else 0))
    connection = opened(server.relay())
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    began = time.monotonic()
    connection.close()
    assert time.monotonic() - began < 1.5
    assert classify(evidence).verdict is Verdict.ACCEPTED
    assert copies() == 1


def test_a_connection_is_worn_after_its_mails_or_its_time(
    server: ScriptedServer, copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 mails or 300 seconds, as the relays close them; here with small numbers."""
    assert (transport.LIFETIME_SECONDS, transport.LIFETIME_MAILS) == (300, 100)
    monkeypatch.setattr(transport, "LIFETIME_MAILS", 2)
    connection = opened(server.relay())
    worn = []
    for _ in range(2):
        worn.append(connection.worn)
        connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    assert [*worn, connection.worn] == [False, False, True]
    connection.close()
    connection = opened(server.relay())
    assert not connection.worn
    monkeypatch.setattr(transport, "LIFETIME_SECONDS", 0.01)
    time.sleep(0.02)
    assert connection.worn
    connection.close()


@pytest.mark.parametrize("moment", [Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.FINAL])
def test_a_421_wears_the_connection_out(server: ScriptedServer, copies, moment: Moment) -> None:
    """The relay closes after it; so do we."""
    server.script(Rule(moment, "421 4.3.0 Later"))
    connection = opened(server.relay())
    assert connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes).code == 421
    assert connection.worn
    connection.close()


# What is said to the relay


def test_notifications_and_sizes_are_said_where_they_are_offered(server: ScriptedServer, copies) -> None:
    """RFC 1870 and 3461: SIZE, RET, an ENVID in xtext, NOTIFY."""
    connection = opened(server.relay())
    assert connection.offers_dsn
    connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes, envelope_id="delivery 1+2=é")
    connection.close()
    stored = server.messages()[-1]
    assert stored.mail_options == f"SIZE={len(MESSAGE)} RET=HDRS ENVID=delivery+201+2B2+3D+C3+A9"
    assert stored.rcpt_options == "NOTIFY=FAILURE,DELAY"


def test_nothing_is_asked_of_a_relay_that_offers_nothing(server: ScriptedServer, copies) -> None:
    """A relay that does not know a parameter refuses the sender for it."""
    server.script(hide=["SIZE", "DSN"])
    connection = opened(server.relay())
    assert not connection.offers_dsn
    assert connection.size_limit == 0
    connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes, envelope_id="1")
    connection.close()
    stored = server.messages()[-1]
    assert (stored.mail_options, stored.rcpt_options) == ("", "")


@pytest.mark.parametrize("size", ["9" * 5_000, "9" * 21, "1e9", "-1", "\u0665"])
def test_a_size_that_is_none_is_no_limit(server: ScriptedServer, size: str) -> None:
    """A relay may announce anything; a check and a campaign go on."""
    server.script(size=size)
    connection = opened(server.relay())
    assert connection.size_limit == 0
    connection.close()


def test_a_message_over_the_announced_size_is_not_offered(server: ScriptedServer, copies) -> None:
    """Case 23: refused here, as the relay would; the connection is not troubled with it."""
    server.script(size=len(MESSAGE) - 1)
    connection = opened(server.relay())
    assert connection.size_limit == len(MESSAGE) - 1
    evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)
    assert (evidence.stage, evidence.code, evidence.enhanced) == (Stage.MAIL, 552, "5.3.4")
    assert classify(evidence).verdict is Verdict.REFUSED
    assert classify(connection.hand_over(SENDER, RECIPIENT, MESSAGE[10_000:], yes)).verdict is Verdict.ACCEPTED
    connection.close()
    assert copies() == 1


@pytest.mark.parametrize("address", ["a@b.fr> SIZE=1", "a@b.fr\r\nRCPT TO:<c@d.fr>", "josé@b.fr", "A <a@b.fr>", ""])
@pytest.mark.parametrize("role", ["sender", "recipient"])
def test_an_address_that_is_not_plain_never_reaches_the_relay(
    server: ScriptedServer, copies, role: str, address: str
) -> None:
    """It is a bug to come here with one, and it is not repaired."""
    before = len(server.commands())
    connection = opened(server.relay())
    with pytest.raises(ValueError, match="not a plain e-mail address"):
        connection.hand_over(**{"sender": SENDER, "recipient": RECIPIENT, role: address}, message=b"", before_dot=yes)
    connection.close()
    assert {line.split()[0].upper() for line in server.commands()[before:]} == {"EHLO", "QUIT"}


@pytest.mark.parametrize("message", [b"a\nb\r\n", b"a\rb\r\n", b"\n.\r\n", b"\r\n.\n", "é\r\n".encode(), b"\0\r\n"])
def test_a_message_that_another_server_may_read_otherwise_is_not_sent(
    server: ScriptedServer, copies, message: bytes
) -> None:
    """A bare line feed before a dot ends a message for some servers (SMTP smuggling); 8-bit was not agreed."""
    connection = opened(server.relay())
    with pytest.raises(ValueError, match="7-bit"):
        connection.hand_over(SENDER, RECIPIENT, message, yes)
    connection.close()
    assert copies() == 0


def test_trying_a_sender_sends_nothing_and_leaves_the_connection_usable(server: ScriptedServer, copies) -> None:
    """For the check of a configuration: MAIL and RSET."""
    server.script(Rule(Moment.MAIL, "550 5.7.60 SendAsDenied", sender="other@*"))
    before = len(server.commands())
    connection = opened(server.relay())
    assert connection.try_sender(SENDER).code == 250
    refused = connection.try_sender("other@example.org")
    assert (refused.stage, refused.code, refused.enhanced) == (Stage.MAIL, 550, "5.7.60")
    assert classify(connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes)).verdict is Verdict.ACCEPTED
    connection.close()
    verbs = [line.split()[0].upper() for line in server.commands()[before:]]
    assert verbs == ["EHLO", "MAIL", "RSET", "MAIL", "MAIL", "RCPT", "DATA", "QUIT"]
    assert copies() == 1


def test_what_the_relay_says_is_kept_short_and_legible(server: ScriptedServer, copies) -> None:
    """All lines, the enhanced code of each taken out, control characters gone, 500 characters at most."""
    server.script(Rule(Moment.RCPT, f"550 5.1.1 One\n550 5.1.1 Two\x07\n550 5.1.1 {'x' * 900}"))
    evidence = attempt(server.relay())
    assert evidence.enhanced == "5.1.1"
    assert evidence.text.startswith("One / Two / xxx")
    assert len(evidence.text) == 500


# Relays that are not there


def test_a_refused_connection_is_refused(tmp_path: Path) -> None:
    """Case 8: nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        evidence = attempt(Relay("127.0.0.1", nobody.getsockname()[1]))
    assert (evidence.stage, evidence.fault) == (Stage.CONNECT, Fault.REFUSED)
    assert classify(evidence).verdict is Verdict.RELAY_DELAYED


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70 + ".fr"])
def test_a_name_that_is_not_found_is_dns(host: str) -> None:
    """Case 8: the name leads nowhere, or cannot be a name."""
    evidence = attempt(Relay(host, 587))
    assert (evidence.stage, evidence.fault) == (Stage.CONNECT, Fault.DNS)
    assert classify(evidence).verdict is Verdict.RELAY_DELAYED


def test_a_relay_that_never_reads_ends_in_a_timeout() -> None:
    """Writing has its deadline as well: a full window holds nobody for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def converse() -> None:
            client, _ = listening.accept()
            with client:
                for reply in (b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                    client.sendall(reply)
                    client.recv(4096)
                leave.wait(10)

        leave = threading.Event()
        talking = threading.Thread(target=converse)
        talking.start()
        relay = loopback(listening.getsockname()[1])
        evidence = attempt(relay, LARGE_MESSAGE)
        leave.set()
        talking.join()
    assert (evidence.stage, evidence.fault) == (Stage.BODY, Fault.TIMEOUT)


def test_a_server_that_others_wrote_takes_our_messages() -> None:
    """aiosmtpd, on the ordinary path: our dots, envelopes and parameters are those of the RFC."""
    received: list[Envelope] = []

    class Mailbox(Sink):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            received.append(envelope)
            return "250 2.0.0 Stored"

    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd cannot take a port of the system's choice
        port = free.getsockname()[1]
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        connection = opened(loopback(port))
        for _ in range(3):
            evidence = connection.hand_over(SENDER, RECIPIENT, MESSAGE, yes, "delivery:1")
            assert classify(evidence).verdict is Verdict.ACCEPTED
        connection.close()
    finally:
        controller.stop()
    assert [(one.mail_from, one.rcpt_tos, one.content) for one in received] == [(SENDER, [RECIPIENT], MESSAGE)] * 3
