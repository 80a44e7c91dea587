"""An outgoing SMTP server and its limits, as the transport needs them."""

from dataclasses import dataclass, field
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Relay:
    """One account on one SMTP server.

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
    ca_file: str = ""
    messages_per_minute: int = 0
    daily_quota: int = 0
    connections: int = 1
    timeout_seconds: float = 60.0
    patience_seconds: float = 300.0

    @property
    def account(self) -> str:
        """What the limits of the relay are counted for: the same account from two machines is one account."""
        return f"{self.user or 'anonymous'}@{self.host}:{self.port}"
