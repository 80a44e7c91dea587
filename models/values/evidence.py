"""What was observed when a message was handed to an SMTP server."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where an attempt stood when it ended, in the order of the way of a message."""

    COMPOSING = "composing"
    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"  # after the dot


class Fault(StrEnum):
    """What was seen instead of a well-formed reply."""

    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    TLS = "tls"
    NO_STARTTLS = "no-starttls"
    NO_AUTH = "no-auth"
    TOKEN = "token"  # noqa: S105 - the OAuth2 authority gave no token
    TOKEN_SERVICE = "token-service"  # noqa: S105 - the OAuth2 authority could not be asked
    GARBLED = "garbled"
    FENCED = "fenced"  # the ledger did not let the dot go: another worker holds the row
    UNWRITABLE = "unwritable"  # composing failed


@dataclass(frozen=True, slots=True)
class Evidence:
    """The last thing that was observed: an SMTP reply, or a fault of the connection.

    Exactly one of ``code`` and ``fault`` is set. ``enhanced`` is the RFC 3463 code of the reply when it has one;
    ``text`` is the reply's text, or the operating system's words for the fault, and never holds a secret.
    ``reused`` tells that the connection had served an earlier message.
    """

    stage: Stage
    code: int | None = None
    enhanced: str = ""
    text: str = ""
    fault: Fault | None = None
    reused: bool = False

    def __str__(self) -> str:
        head = str(self.code) if self.code is not None else str(self.fault)
        return " ".join(part for part in (head, self.enhanced, self.text) if part)
