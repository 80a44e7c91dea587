"""Everything between a relay and the first message: connecting, encrypting, logging in."""

import ssl

from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Mechanism, Relay, Security
from tasks.mail.login import log_in, secrets
from tasks.mail.observation import observed, observed_fault, observed_reply
from tasks.mail.wire import BrokenError, Wire


def greet(wire: Wire, relay: Relay) -> Evidence | None:
    """Make ``wire`` ready for a message; the evidence of what went wrong, or None when the relay is ready.

    TLS is 1.2 or later and verified against ``relay.ca_file``, or the system's authorities. Nothing but EHLO and
    STARTTLS goes in clear, except to this machine itself when the relay says so.
    """
    try:
        context = _tls_context(relay)
    except OSError as error:  # ssl.SSLError is one
        return observed(Stage.STARTTLS, Fault.TLS, f"certificate authority file {relay.ca_file}: {error}")
    try:
        return (
            _connect(wire, relay, context) or _introduce(wire) or _encrypt(wire, relay, context) or _log_in(wire, relay)
        )
    except BrokenError as broken:
        return observed_fault(wire.stage, broken, secrets(relay))


def _connect(wire: Wire, relay: Relay, context: ssl.SSLContext | None) -> Evidence | None:
    wire.stage = Stage.CONNECT
    wire.dial(relay.host, relay.port)
    if relay.security is Security.NONE and not wire.peer_is_loopback:
        return observed(Stage.STARTTLS, Fault.NO_STARTTLS, "a relay without encryption must be on this machine itself")
    if relay.security is Security.TLS:
        assert context is not None
        wire.encrypt(context, relay.host)
    banner = wire.getreply()
    return None if banner[0] == 220 else observed_reply(wire.stage, banner)


def _introduce(wire: Wire) -> Evidence | None:
    wire.stage = Stage.EHLO
    reply = wire.ehlo()
    return None if reply[0] == 250 else observed_reply(wire.stage, reply)


def _encrypt(wire: Wire, relay: Relay, context: ssl.SSLContext | None) -> Evidence | None:
    if relay.security is not Security.STARTTLS:
        return None
    wire.stage = Stage.STARTTLS
    if not wire.has_extn("starttls"):
        offered = " ".join(wire.esmtp_features) or "nothing"
        return observed(wire.stage, Fault.NO_STARTTLS, f"offered after EHLO: {offered}")
    reply = wire.docmd("STARTTLS")
    if reply[0] != 220:
        return observed_reply(wire.stage, reply)
    assert context is not None
    wire.encrypt(context, relay.host)
    return _introduce(wire)


def _log_in(wire: Wire, relay: Relay) -> Evidence | None:
    if relay.mechanism is Mechanism.NONE:
        return None
    wire.stage = Stage.AUTH
    return log_in(wire, relay)


def _tls_context(relay: Relay) -> ssl.SSLContext | None:
    if relay.security is Security.NONE:
        return None  # reading all authorities takes longer than a mail
    context = ssl.create_default_context(cafile=relay.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
