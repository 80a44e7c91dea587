"""One login with one SASL mechanism: a wrong password makes exactly one failed login."""

import base64

from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Mechanism, Relay
from tasks.mail.observation import observed, observed_reply
from tasks.mail.wire import Wire


def log_in(wire: Wire, relay: Relay) -> Evidence | None:
    """Log in as ``relay`` says (RFC 4954); None when the relay let us in."""
    offered = wire.esmtp_features.get("auth", "").upper().split()
    if relay.mechanism.value not in offered:
        text = f"{relay.mechanism} is not among the mechanisms offered: {' '.join(offered) or 'none'}"
        return observed(Stage.AUTH, Fault.NO_AUTH, text)
    initial, *answers = _answers(relay)
    reply = wire.docmd("AUTH", " ".join(filter(None, (relay.mechanism.value, initial))))
    refusal = b""
    while reply[0] == 334 and answers:
        if relay.mechanism is Mechanism.XOAUTH2:
            refusal = _decoded(reply[1])
        reply = wire.docmd(answers.pop(0))
    if reply[0] == 235:
        return None
    code, words = reply
    return observed_reply(Stage.AUTH, (code, b"\n".join(filter(None, (words, refusal)))), secrets(relay))


def secrets(relay: Relay) -> tuple[str, ...]:
    """What must not stand in any evidence: the secret, in every form in which it goes over the wire."""
    if not relay.secret:
        return ()
    answers = {answer for answer in _answers(relay) if answer and answer != _encoded(relay.user)}
    return (*sorted(answers, key=len, reverse=True), relay.secret)


def _answers(relay: Relay) -> list[str]:
    """The initial response ("" for none), then what each challenge is answered with."""
    match relay.mechanism:
        case Mechanism.PLAIN:
            return [_encoded(f"\0{relay.user}\0{relay.secret}")]
        case Mechanism.LOGIN:
            return ["", _encoded(relay.user), _encoded(relay.secret)]
        case Mechanism.XOAUTH2:  # a challenge is the reason of a refusal, in JSON; an empty answer asks for the reply
            return [_encoded(f"user={relay.user}\1auth=Bearer {relay.secret}\1\1"), ""]
        case Mechanism.NONE:
            return [""]


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _decoded(challenge: bytes) -> bytes:
    try:
        return base64.b64decode(challenge)
    except ValueError:
        return b""
