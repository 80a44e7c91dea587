"""An SMTP server in plain sight: every answer passes one place where the script may change it.

aiosmtpd serves the ordinary path in the tests as well; its hooks come after the dot and before the reply, and cannot
drop a connection in mid-body, cut a reply or drip it.
"""

import asyncio
import base64
import re
import socket
import ssl
import struct
import traceback
from dataclasses import dataclass, field

from tests.smtp_server import tokens
from tests.smtp_server.record import Recorder
from tests.smtp_server.script import How, Moment, Performance, Rule


class GoneError(Exception):
    """The connection is over."""


@dataclass(slots=True)
class Server:
    """What all connections share."""

    performance: Performance
    recorder: Recorder
    context: ssl.SSLContext | None = None  # for STARTTLS
    implicit_tls: bool = False
    user: str = ""
    password: str = ""
    token_key: str = ""
    connections: int = 0
    open_now: int = 0
    stored: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one session; what goes wrong in the server itself is recorded as a bug."""
        self.connections += 1
        self.open_now += 1
        number = self.connections
        self.recorder.note("connected", number, open_now=self.open_now)
        try:
            await Session(self, number, reader, writer, encrypted=self.implicit_tls).hold()
        except (GoneError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except Exception:  # noqa: BLE001 - a bug here must fail the test, not hang it
            self.recorder.note("bug", number, traceback=traceback.format_exc())
        finally:
            self.open_now -= 1
            self.recorder.note("left", number)
            writer.close()


@dataclass(slots=True)
class Session:
    """One connection, from its banner to its end."""

    server: Server
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    encrypted: bool = False
    user: str = ""
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    recipient: str = ""
    mail_options: str = ""
    rcpt_options: str = ""

    async def hold(self) -> None:
        if await self.answer(Moment.BANNER, "220 test.example ESMTP scripted") != 220:
            return
        while True:
            line = await self.read_line()
            verb, _, rest = line.partition(" ")
            self.server.recorder.note("command", self.number, line=verb.upper() if verb.upper() == "AUTH" else line)
            act = getattr(self, f"do_{verb.lower()}", None)
            if act is None:
                await self.say("500 5.5.2 Unknown command")
            else:
                await act(rest.strip())

    # Commands

    async def do_ehlo(self, _: str) -> None:
        await self.answer(Moment.EHLO, "\n".join(f"250 {line}" for line in ("test.example", *self.offers())))

    def offers(self) -> list[str]:
        script = self.server.performance.current()
        offered = [f"SIZE {script.size}", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES"]
        if self.server.context and not self.encrypted:
            offered.append("STARTTLS")
        if self.server.user:
            mechanisms = [name for name in ("PLAIN", "LOGIN", "XOAUTH2") if name not in script.hide]
            offered.append(" ".join(["AUTH", *mechanisms]))
        return [keyword for keyword in offered if keyword.split()[0] not in script.hide]

    async def do_starttls(self, _: str) -> None:
        if await self.answer(Moment.STARTTLS, "220 2.0.0 Go ahead") == 220:
            assert self.server.context is not None
            await self.writer.start_tls(self.server.context)
            self.encrypted = True

    async def do_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        right = await self.credentials_are_right(mechanism.upper(), initial)
        usual = "235 2.7.0 Welcome" if right else "535 5.7.8 Bad credentials"
        if self.server.token_key and mechanism.upper() == "XOAUTH2" and not right:
            usual = "535 5.7.3 Authentication unsuccessful [test.example]"
        rule = self.server.performance.cue(Moment.AUTH, "", "")
        if ((rule and rule.reply) or usual).startswith("235"):
            self.user = self.server.user
        else:
            self.server.recorder.note("login-failed", self.number, mechanism=mechanism)
        await self.perform(rule, usual)

    async def credentials_are_right(self, mechanism: str, initial: str) -> bool:
        user, password = self.server.user, self.server.password
        if mechanism == "PLAIN":
            return decoded(initial or await self.ask("")) == f"\0{user}\0{password}"
        if mechanism == "LOGIN":
            given = decoded(initial or await self.ask("VXNlcm5hbWU6"))
            return (given, decoded(await self.ask("UGFzc3dvcmQ6"))) == (user, password)
        given = decoded(initial or await self.ask(""))
        objection = tokens.objection(given, user, password, self.server.token_key)
        if objection:
            await self.ask(tokens.challenge(objection))
        return not objection

    async def ask(self, challenge: str) -> str:
        await self.say(f"334 {challenge}")
        return await self.read_line()

    async def do_mail(self, rest: str) -> None:
        match = re.fullmatch(r"FROM:<([^>]*)>(.*)", rest, re.IGNORECASE)
        self.reset()
        self.sender = match[1] if match else None
        if match is None:
            await self.say("501 5.5.4 Syntax")
            return
        login_missing = self.server.user and not self.user
        usual = "530 5.7.0 Authentication required" if login_missing else "250 2.1.0 Sender OK"
        self.mail_options = match[2].strip()
        if await self.answer(Moment.MAIL, usual) != 250:
            self.reset()

    async def do_rcpt(self, rest: str) -> None:
        match = re.fullmatch(r"TO:<([^>]*)>(.*)", rest, re.IGNORECASE)
        if match is None or self.sender is None:
            await self.say("503 5.5.1 Bad sequence or syntax")
            return
        self.recipient, self.rcpt_options = match[1], match[2].strip()
        if await self.answer(Moment.RCPT, "250 2.1.5 Recipient OK") in (250, 251):
            self.recipients.append(match[1])

    async def do_data(self, _: str) -> None:
        if not self.recipients:
            await self.say("503 5.5.1 No recipient")
            return
        early = self.server.performance.cue(Moment.BODY, self.sender or "", self.recipient)
        usual = "354 Go ahead"
        if early and early.at == 0 and early.how is How.REPLY:
            # In one segment with the 354, so that it is there before the client has written anything.
            self.writer.write(on_the_wire(usual) + on_the_wire(early.reply))
            await self.writer.drain()
        elif await self.answer(Moment.DATA, usual) != 354:
            return
        content = await self.read_message(early)
        if early:
            self.server.recorder.note("dot-after-refusal", self.number)
            raise GoneError
        await self.finish(content)

    async def finish(self, content: bytes) -> None:
        self.server.recorder.note("dot", self.number, recipient=self.recipient)
        rule = self.server.performance.cue(Moment.FINAL, self.sender or "", self.recipient)
        if rule is None or rule.keeps_the_message():
            self.server.stored += 1
            self.server.recorder.store(
                self.number,
                content,
                sender=self.sender,
                recipients=self.recipients,
                user=self.user,
                encrypted=self.encrypted,
                mail_options=self.mail_options,
                rcpt_options=self.rcpt_options,
            )
        await self.perform(rule, f"250 2.0.0 OK queued as {self.server.stored}")
        idle = self.server.performance.cue(Moment.IDLE, self.sender or "", self.recipient)
        self.reset()
        if idle:
            await self.perform(idle, "421 4.4.2 Idle for too long")

    async def do_rset(self, _: str) -> None:
        self.reset()
        await self.answer(Moment.RSET, "250 2.0.0 Reset")

    async def do_noop(self, _: str) -> None:
        await self.say("250 2.0.0 Nothing done")

    async def do_quit(self, _: str) -> None:
        await self.answer(Moment.QUIT, "221 2.0.0 Bye")
        raise GoneError

    def reset(self) -> None:
        self.sender, self.recipients, self.recipient = None, [], ""
        self.mail_options = self.rcpt_options = ""

    # Reading and answering

    async def read_line(self) -> str:
        line = await self.reader.readline()
        if not line.endswith(b"\n"):
            raise GoneError
        return line.decode("utf-8", "replace").rstrip("\r\n")

    async def read_message(self, early: Rule | None) -> bytes:
        lines: list[bytes] = []
        size = 0
        while True:
            if early and size >= early.at:
                if early.at or early.how is not How.REPLY:
                    await self.perform(early, "451 4.3.0 Stop")
                early = None
            line = await self.reader.readline()
            if not line.endswith(b"\n"):
                self.server.recorder.note("unfinished", self.number, size=size + len(line))
                raise GoneError
            if line == b".\r\n":
                return b"".join(lines)
            size += len(line)
            lines.append(line.removeprefix(b"."))

    async def answer(self, moment: Moment, usual: str) -> int:
        rule = self.server.performance.cue(moment, self.sender or "", self.recipient)
        return await self.perform(rule, usual)

    async def perform(self, rule: Rule | None, usual: str) -> int:
        """Answer as ``rule`` says and give the code that was said; raise GoneError when that ended the connection."""
        said = (rule.reply if rule else "") or usual
        if rule and rule.seconds and rule.how is not How.DRIP:
            await asyncio.sleep(rule.seconds)
        match rule.how if rule else How.REPLY:
            case How.DROP:
                raise GoneError
            case How.RESET:
                plain = self.writer.get_extra_info("socket")
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.writer.transport.abort()
                raise GoneError
            case How.HANG:
                while await self.reader.read(65536):
                    pass
                raise GoneError
            case How.STALL:
                await asyncio.Event().wait()  # the reader stops the transport once its buffer is full
            case How.CUT:
                await self.write(said.encode())
                raise GoneError
            case How.RAW:
                await self.write(said.encode())
            case How.DRIP:
                for byte in on_the_wire(said):
                    await asyncio.sleep(rule.seconds if rule else 0)
                    await self.write(bytes([byte]))
            case How.REPLY:
                await self.say(said)
        if said.startswith("421"):
            raise GoneError
        return int(said[:3]) if said[:3].isdigit() else 0

    async def say(self, reply: str) -> None:
        await self.write(on_the_wire(reply))

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


def on_the_wire(reply: str) -> bytes:
    """The lines of a reply, all but the last with the hyphen of RFC 5321."""
    *first, last = reply.split("\n")
    return "".join([*(f"{line[:3]}-{line[4:]}\r\n" for line in first), f"{last}\r\n"]).encode()


def decoded(answer: str) -> str:
    try:
        return base64.b64decode(answer, validate=True).decode("utf-8")
    except ValueError:
        return ""
