"""Handing one message to an SMTP relay, so that what happened can be proved.

The body is written without its final dot; then the ledger is asked; then the dot is written. Whatever goes wrong
before the dot is "not sent", whatever is not a reply after it is "uncertain". One recipient a transaction, no retry,
no plaintext: what an outcome means is for ``models.rules.replies`` to say.
"""

import contextlib
from collections.abc import Callable
from time import monotonic

from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Relay
from tasks.mail.address import plain_address
from tasks.mail.greeting import greet
from tasks.mail.login import secrets
from tasks.mail.observation import observed_fault, observed_reply
from tasks.mail.wire import BrokenError, Reply, Wire

LIFETIME_SECONDS = 300.0
LIFETIME_MAILS = 100
SIZE_DIGITS = 20  # RFC 1870; with more, a relay says nothing that can be read
QUIT_SECONDS = 2.0


class SmtpSession:
    """A session with a relay, encrypted and logged in, for one thread at a time."""

    @classmethod
    def open(cls, relay: Relay) -> "SmtpSession | Evidence":
        """Connect, encrypt and log in; the evidence of what went wrong if that fails, and then nothing is left open."""
        if relay.application is None:
            return cls._open(relay)
        from tasks.mail.oauth import open_with_token  # who needs no token waits for no HTTP client to be loaded

        return open_with_token(relay, cls._open)

    @classmethod
    def _open(cls, relay: Relay) -> "SmtpSession | Evidence":
        connection = cls(relay)
        refusal = greet(connection._wire, relay)
        if refusal is None:
            return connection
        connection._abort()
        return refusal

    def __init__(self, relay: Relay) -> None:
        """Use ``open``: this one is not connected."""
        self._relay = relay
        self._secrets = secrets(relay)
        self._wire = Wire(relay.timeout_seconds, relay.patience_seconds)
        self._opened_at = monotonic()
        self._served = 0
        self._finished = False

    @property
    def worn(self) -> bool:
        """Whether this connection must not be used again: too old, too many mails, or broken."""
        is_old = monotonic() - self._opened_at >= LIFETIME_SECONDS
        return self._finished or is_old or self._served >= LIFETIME_MAILS

    @property
    def size_limit(self) -> int:
        """The largest message that the relay takes, in bytes; 0 when it does not say (RFC 1870)."""
        announced = self._wire.esmtp_features.get("size", "")
        return int(announced) if announced.isdecimal() and len(announced) <= SIZE_DIGITS else 0

    @property
    def offers_dsn(self) -> bool:
        """Whether delivery status notifications can be asked for (RFC 3461)."""
        return self._wire.has_extn("dsn")

    def hand_over(
        self, sender: str, recipient: str, message: bytes, before_dot: Callable[[], bool], envelope_id: str = ""
    ) -> Evidence:
        """Hand ``message`` over for one recipient, and give the last thing that was observed.

        ``before_dot`` is called when all but the final dot is written and the relay has said nothing against it. If it
        returns False or raises, the dot is never written and the connection is gone. After it returned True the
        outcome may still be of stage BODY: the relay was seen to refuse or leave before the dot was written.

        ValueError: an address that is not plain, or a message that is not 7-bit with CRLF line ends (bugs, all).
        """
        plain_address(sender), plain_address(recipient)
        body = _dotted(message)
        return self._observe(lambda: self._transact(sender, recipient, message, body, before_dot, envelope_id))

    def try_sender(self, sender: str) -> Evidence:
        """Ask whether the relay takes ``sender``, and take the question back; nothing is sent. Code 250 is yes."""
        plain_address(sender)

        def ask() -> Evidence:
            reply = self._command(Stage.MAIL, f"MAIL FROM:<{sender}>")
            return self._leave_transaction(reply) if reply[0] // 100 == 2 else self._refused(reply)

        return self._observe(ask)

    def close(self) -> None:
        """Say goodbye if there is anyone to say it to. Never raises: what was observed stands."""
        if not self._finished:
            with contextlib.suppress(BrokenError, OSError):
                self._wire.limit_exchanges(QUIT_SECONDS)
                self._wire.docmd("QUIT")
        self._abort()

    def _observe(self, exchange: Callable[[], Evidence]) -> Evidence:
        """Run one transaction; a fault is an observation, anything else that is raised ends the connection."""
        self._wire.stage = Stage.MAIL
        try:
            return exchange()
        except BrokenError as broken:
            evidence = observed_fault(self._wire.stage, broken, self._secrets, reused=self._served > 0)
            self._abort()
            return evidence
        except BaseException:
            self._abort()
            raise
        finally:
            self._served += 1

    def _transact(
        self,
        sender: str,
        recipient: str,
        message: bytes,
        body: bytes,
        before_dot: Callable[[], bool],
        envelope_id: str,
    ) -> Evidence:
        if 0 < self.size_limit < len(message):
            words = f"not offered: {len(message)} bytes, and the relay announced SIZE {self.size_limit}"
            return self._evidence((552, f"5.3.4 {words}".encode()))
        self._pass_over_silence()
        reply = self._command(Stage.MAIL, f"MAIL FROM:<{sender}>{self._mail_parameters(len(message), envelope_id)}")
        if reply[0] // 100 != 2:
            return self._refused(reply)
        notify = " NOTIFY=FAILURE,DELAY" if self.offers_dsn else ""
        reply = self._command(Stage.RCPT, f"RCPT TO:<{recipient}>{notify}")
        if reply[0] // 100 != 2:
            return self._leave_transaction(reply)
        reply = self._command(Stage.DATA, "DATA")
        if reply[0] != 354:
            return self._leave_transaction(reply)
        self._wire.stage = Stage.BODY
        early = self._write_body(body)
        if early is None and not before_dot():
            self._abort()
            return Evidence(Stage.BODY, fault=Fault.FENCED, reused=self._served > 0)
        early = early or self._wire.early_reply()
        if early:
            return self._refused_before_the_dot(early)
        self._wire.stage = Stage.FINAL
        self._wire.write(b".\r\n", reply_within=self._relay.patience_seconds)
        return self._refused(self._wire.getreply())

    def _pass_over_silence(self) -> None:
        """A relay that ended an idle connection said so before it was asked anything: that is a drop, not a refusal."""
        early = self._wire.early_reply()
        if early:
            raise BrokenError(Fault.DROPPED, f"unasked: {early[0]} {early[1].decode('utf-8', 'replace')}")

    def _mail_parameters(self, size: int, envelope_id: str) -> str:
        parameters = f" SIZE={size}" if self._wire.has_extn("size") else ""
        if self.offers_dsn:
            parameters += " RET=HDRS" + (f" ENVID={_xtext(envelope_id)}" if envelope_id else "")
        return parameters

    def _write_body(self, body: bytes) -> Reply | None:
        """Write all but the dot; a relay that refuses in the middle may close at once, and its reply still counts."""
        try:
            self._wire.write(body)
        except BrokenError:
            with contextlib.suppress(BrokenError):
                if early := self._wire.early_reply():
                    return early
            raise
        return self._wire.early_reply()

    def _command(self, stage: Stage, line: str) -> Reply:
        self._wire.stage = stage
        return self._wire.docmd(line)

    def _refused(self, reply: Reply) -> Evidence:
        """The end of a transaction that needs no undoing."""
        evidence = self._evidence(reply)
        if reply[0] in (421, 432) or reply[0] // 100 not in (2, 4, 5):
            self._abort()
        return evidence

    def _leave_transaction(self, reply: Reply) -> Evidence:
        """The end of a transaction that the relay holds open: it is reset, and what was observed stands."""
        evidence = self._refused(reply)
        if not self._finished:
            try:
                is_reset = self._wire.docmd("RSET")[0] // 100 == 2
            except BrokenError:
                is_reset = False
            if not is_reset:
                self._abort()
        return evidence

    def _refused_before_the_dot(self, reply: Reply) -> Evidence:
        self._abort()  # the relay waits for a dot that it will not get
        if reply[0] // 100 not in (4, 5):
            raise BrokenError(Fault.GARBLED, f"before the dot: {reply[0]} {reply[1].decode('utf-8', 'replace')}")
        return self._evidence(reply)

    def _evidence(self, reply: Reply) -> Evidence:
        return observed_reply(self._wire.stage, reply, self._secrets, reused=self._served > 0)

    def _abort(self) -> None:
        self._finished = True
        with contextlib.suppress(OSError):
            self._wire.close()


def _dotted(message: bytes) -> bytes:
    """The message as it goes over the wire, but for the dot that ends it (RFC 5321, 4.5.2)."""
    has_bare_ends = not message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n")
    if has_bare_ends or not message.isascii() or b"\0" in message:
        raise ValueError("the message is not 7-bit text with CRLF line ends")
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"." if ended.startswith(b".") else b"") + ended.replace(b"\r\n.", b"\r\n..")


def _xtext(text: str) -> str:
    """RFC 3461, 4: printable ASCII but for "+" and "=", the rest in hexadecimal."""
    return "".join(chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}" for byte in text.encode())
