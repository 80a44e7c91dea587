"""An outgoing SMTP server and its limits, as the transport needs them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn


class Security(StrEnum):
    """How the connection is protected; ``none`` is for loopback addresses alone."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Mechanism(StrEnum):
    """The one SASL mechanism that is tried: several would turn one wrong password into several failed logins."""

    PLAIN = "PLAIN"
    LOGIN = "LOGIN"
    XOAUTH2 = "XOAUTH2"
    NONE = "NONE"


MICROSOFT = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class Application:
    """An application that an OAuth2 authority knows: it asks for tokens with its own secret, without a person.

    ``tenant`` is the directory's id or domain, ``authority`` the https address in front of it.
    """

    tenant: str
    client_id: str
    authority: str = MICROSOFT


@dataclass(frozen=True, slots=True)
class Relay:
    """One account on one SMTP server.

    ``secret`` is the password of ``user``; of an ``application`` it is the client secret, and with XOAUTH2 and no
    application it is the token itself. ``source`` names the Prefect block that the relay was read from, "" the
    environment.

    ``messages_per_minute`` and ``daily_quota`` of 0 mean no limit. ``connections`` is how many may be open at once.
    ``timeout_seconds`` bounds each socket operation, ``patience_seconds`` one whole exchange (a server that drips
    bytes never runs into the first). After the dot only the patience counts: giving up there makes an uncertain.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    secret: str = field(default="", repr=False)
    mechanism: Mechanism = Mechanism.NONE
    application: Application | None = None
    ca_file: str = ""
    messages_per_minute: int = 0
    daily_quota: int = 0
    connections: int = 1
    timeout_seconds: float = 60.0
    patience_seconds: float = 300.0
    source: str = ""

    @property
    def account(self) -> str:
        """What the limits of the relay are counted for: the same account from two machines is one account."""
        return f"{self.user or 'anonymous'}@{self.host}:{self.port}"

    def __reduce__(self) -> NoReturn:
        """A relay holds a secret: it is never a task's parameter or result, a file or a message to another process."""
        raise TypeError("a relay is never pickled")
