"""The SMTP connection itself: smtplib with strict replies and an end to every wait.

smtplib takes ``25`` or ``250 ok`` without its line end for a reply, reads it from a buffer that cannot be looked into,
never sets TCP_NODELAY, and bounds each socket operation but no exchange. Here a reply is whole lines of RFC 5321 or a
fault; each exchange has a deadline that a server dripping bytes cannot move; and what came early can be seen.
"""

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from time import monotonic

from models.values.evidence import Fault, Stage

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_REPLY_LIMIT_BYTES = 65_536

Reply = tuple[int, bytes]


class BrokenError(Exception):
    """The exchange failed: what was seen instead of a reply. Never leaves ``tasks.mail``."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault, self.text = fault, text


class Wire(smtplib.SMTP):
    """One socket to a relay, and the stage that the conversation has reached.

    ``timeout`` bounds each socket operation, ``patience`` one whole exchange, both in seconds.
    """

    def __init__(self, timeout: float, patience: float) -> None:
        super().__init__(local_hostname="localhost", timeout=timeout)
        self.stage = Stage.CONNECT
        self._patience = patience
        self._received = bytearray()
        self._wait = timeout
        self._deadline = 0.0

    def dial(self, host: str, port: int) -> None:
        """Open the TCP connection. The greeting is not read yet."""
        try:
            self.sock = socket.create_connection((host, port), timeout=self.timeout)
        except (socket.gaierror, UnicodeError) as error:
            raise BrokenError(Fault.DNS, str(error)) from error
        except TimeoutError as error:
            raise BrokenError(Fault.TIMEOUT, str(error)) from error
        except ConnectionResetError as error:
            raise BrokenError(Fault.DROPPED, str(error)) from error
        except OSError as error:
            raise BrokenError(Fault.REFUSED, str(error)) from error
        with _faults():
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # RFC 5321, 4.1.3: an address literal, where smtplib would look up a name that may not be one.
            own = ipaddress.ip_address(self.sock.getsockname()[0].partition("%")[0])
            self.local_hostname = f"[IPv6:{own}]" if own.version == 6 else f"[{own}]"
        self._start_exchange()

    @property
    def peer_is_loopback(self) -> bool:
        """Whether the other end is this machine."""
        with _faults():
            return ipaddress.ip_address(self._socket.getpeername()[0].partition("%")[0]).is_loopback

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS on the connection and verify that the other end is ``host``; forget what was learnt in clear."""
        if self._received:
            raise BrokenError(Fault.TLS, "unencrypted bytes before the TLS handshake")
        self._start_exchange()
        try:
            self._socket.settimeout(self._remaining())
            self.sock = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLEOFError as error:
            raise BrokenError(Fault.DROPPED, str(error)) from error
        except (ssl.SSLError, ValueError) as error:
            raise BrokenError(Fault.TLS, str(error)) from error
        except TimeoutError as error:
            raise BrokenError(Fault.TIMEOUT, str(error)) from error
        except OSError as error:
            raise BrokenError(Fault.DROPPED, str(error)) from error
        self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Begin an exchange: write a command."""
        self._start_exchange()
        super().putcmd(cmd, args)

    def write(self, data: bytes, reply_within: float | None = None) -> None:
        """Begin an exchange: write ``data``, all of it. One wait for a reply may then take ``reply_within`` seconds."""
        self._start_exchange()
        self.send(data)
        self._wait = reply_within or self._wait

    def send(self, s: str | bytes) -> None:  # type: ignore[override]  # smtplib sends nothing else
        """Write all of ``s`` before the deadline."""
        left = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        with _faults():
            while left:
                self._socket.settimeout(self._remaining())
                left = left[self._socket.send(left) :]

    def getreply(self) -> Reply:
        """Read one reply: its code, and its lines without code and line ends, joined by line feeds."""
        code = b""
        lines: list[bytes] = []
        size = 0
        while True:
            line = self._read_line(begun=bool(lines))
            size += len(line) + 1
            match = _LINE.fullmatch(line)
            if match is None or (code and match[1] != code) or size > _REPLY_LIMIT_BYTES:
                raise BrokenError(Fault.GARBLED, _legible(line))
            code = match[1]
            lines.append(match[3] or b"")
            if match[2] != b"-":
                return int(code), b"\n".join(lines)

    def early_reply(self) -> Reply | None:
        """A reply that came although nothing was asked; None when nothing came. Does not wait for one to begin."""
        self._start_exchange()
        return self.getreply() if self._received or self._look() else None

    def limit_exchanges(self, seconds: float) -> None:
        """From now on, no exchange takes longer than this."""
        self.timeout = self._patience = seconds

    @property
    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise BrokenError(Fault.DROPPED, "the connection is closed")
        return self.sock

    def _start_exchange(self) -> None:
        self._wait = self.timeout
        self._deadline = monotonic() + self._patience

    def _remaining(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError(f"the exchange took longer than {self._patience:g} s")
        return min(self._wait, left)

    def _read_line(self, begun: bool) -> bytes:
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if searched > _REPLY_LIMIT_BYTES:
                raise BrokenError(Fault.GARBLED, _legible(self._received))
            with _faults():
                self._socket.settimeout(self._remaining())
                chunk = self._socket.recv(8192)
            if not chunk and (begun or self._received):
                raise BrokenError(Fault.GARBLED, _legible(self._received) or "closed in the middle of a reply")
            if not chunk:
                raise BrokenError(Fault.DROPPED, "closed by the server")
            self._received += chunk
        line = bytes(self._received[:end]).removesuffix(b"\r")
        del self._received[: end + 1]
        return line

    def _look(self) -> bool:
        with _faults():
            self._socket.settimeout(0)
            try:
                chunk = self._socket.recv(8192)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
        if not chunk:
            raise BrokenError(Fault.DROPPED, "closed by the server")
        self._received += chunk
        return True


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Name what the socket raises; an established TLS session that breaks is a connection that drops."""
    try:
        yield
    except TimeoutError as error:
        raise BrokenError(Fault.TIMEOUT, str(error)) from error
    except OSError as error:
        raise BrokenError(Fault.DROPPED, str(error)) from error


def _legible(line: bytes | bytearray) -> str:
    return line.decode("utf-8", "replace")  # whole: a secret that is cut here would not be known again
