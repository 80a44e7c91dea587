"""What an observation of the relay means for the delivery and for the campaign.

The whole table stands in tests/unit/rules/test_replies.py. It is read on the stage, the codes and the fault, never on
an exception's type: smtplib raises the same exception for a drop before the message and for one after the final dot.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from models.values.evidence import Evidence, Fault, Stage


class Verdict(StrEnum):
    """What becomes of the delivery. All but ``accepted`` and ``uncertain`` state that no copy was accepted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # final for this message or address
    DEFERRED = "deferred"  # this address, later
    UNCERTAIN = "uncertain"  # never resent by itself
    RECONNECT = "reconnect"  # not sent: the idle connection was gone; one reconnection, at once
    RELAY_DELAYED = "relay-delayed"  # not sent: the relay backs off; the breaker opens after N in a row
    RELAY_STOPPED = "relay-stopped"  # not sent: the breaker opens at once
    NOT_OURS = "not-ours"  # not sent by this worker: the ledger let another one have the row
    UNWRITTEN = "unwritten"  # there is no message: composing failed


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what it asks of the campaign.

    ``slows_relay``: the relay wants fewer messages or connections, whatever becomes of this one. ``suspicious``:
    a refusal that may be the relay's mood rather than the address; the breaker opens after N alike in a row.
    """

    verdict: Verdict
    slows_relay: bool = False
    suspicious: bool = False


_ENHANCED = re.compile(r"(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\w)")

# The sender's account, whatever the stage: 5.4.5 is Gmail's daily limit, 5.1.90 Microsoft's; 5.2.252 is SendAsDenied;
# RFC 3463 gives 5.1.7 and 5.1.8 to the sender's address. Microsoft's words stand where the code says too little.
_ACCOUNT = {"5.4.5", "5.1.7", "5.1.8", "5.1.90", "5.2.252"}
_ACCOUNT_WORDS = re.compile(r"SendAsDenied|SubmissionQuota", re.IGNORECASE)
# After RCPT these speak of the account's own mailbox; at RCPT they would speak of the recipient's.
_SENDER_MAILBOX = {"5.2.0", "5.2.2"}
_SENDER_MAILBOX_WORDS = re.compile(r"QuotaExceeded", re.IGNORECASE)
_TOO_LARGE = {"5.2.3", "5.3.4"}
_FAULTS_OF_CONFIGURATION = {Fault.TLS, Fault.NO_STARTTLS, Fault.NO_AUTH, Fault.TOKEN}

_REFUSED = Judgement(Verdict.REFUSED)
_STOPPED = Judgement(Verdict.RELAY_STOPPED)
_DEFERRED = Judgement(Verdict.DEFERRED)
_UNCERTAIN = Judgement(Verdict.UNCERTAIN)


def enhanced_code(code: int, text: str) -> str:
    """The RFC 3463 code that a reply's text holds, at its start or further on; "" when there is none.

    Its class is the class of ``code``, and IP addresses and longer version numbers are passed over.
    """
    found = (match[0] for match in _ENHANCED.finditer(text))
    return next((enhanced for enhanced in found if enhanced[0] == str(code)[:1]), "")


def classify(evidence: Evidence) -> Judgement:
    """Judge one observation. Total: what no server should say is "not sent" before the dot, "uncertain" after it."""
    if evidence.fault is Fault.FENCED:
        return Judgement(Verdict.NOT_OURS)
    if evidence.stage is Stage.COMPOSING:
        return Judgement(Verdict.UNWRITTEN)
    if evidence.stage is Stage.FINAL:
        return _after_the_dot(evidence)
    if evidence.fault is Fault.UNWRITABLE:
        return Judgement(Verdict.UNWRITTEN)
    if evidence.fault in _FAULTS_OF_CONFIGURATION:
        return _STOPPED
    if evidence.stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH):
        return _before_any_message(evidence)
    if evidence.stage is Stage.MAIL:
        return _at_the_sender(evidence)
    if evidence.stage is Stage.RCPT:
        return _at_the_recipient(evidence)
    return _at_the_data(evidence)


def _before_any_message(evidence: Evidence) -> Judgement:
    if evidence.stage in (Stage.STARTTLS, Stage.AUTH) and _is_permanent(evidence):
        return _STOPPED
    return Judgement(Verdict.RELAY_DELAYED, slows_relay=_asks_for_less(evidence))


def _at_the_sender(evidence: Evidence) -> Judgement:
    if evidence.fault is Fault.DROPPED and evidence.reused:
        return Judgement(Verdict.RECONNECT)
    if _is_permanent(evidence):
        if _is_policy(evidence) or _is_sender_mailbox(evidence):
            return _STOPPED
        return _REFUSED if _is_too_large(evidence) else _STOPPED
    return Judgement(Verdict.RELAY_DELAYED, slows_relay=_is_transient(evidence))


def _at_the_recipient(evidence: Evidence) -> Judgement:
    if evidence.fault is Fault.DROPPED and evidence.reused:
        return Judgement(Verdict.RECONNECT)
    if _is_permanent(evidence):
        if _is_policy(evidence):
            return _STOPPED
        if _names_the_address(evidence) or _enhanced(evidence) in _TOO_LARGE:
            return _REFUSED
        return Judgement(Verdict.REFUSED, suspicious=True)
    return _later(evidence)


def _at_the_data(evidence: Evidence) -> Judgement:
    if _is_permanent(evidence):
        return _refused_with_its_content(evidence)
    return _later(evidence)


def _after_the_dot(evidence: Evidence) -> Judgement:
    if evidence.fault is not None or evidence.code is None:
        return _UNCERTAIN
    if 200 <= evidence.code < 300:
        return Judgement(Verdict.ACCEPTED)
    if _is_transient(evidence):
        return _later(evidence)
    if _is_permanent(evidence):
        return _refused_with_its_content(evidence)
    return _UNCERTAIN


def _refused_with_its_content(evidence: Evidence) -> Judgement:
    if _is_policy(evidence) or _is_sender_mailbox(evidence):
        return _STOPPED
    if _names_the_address(evidence) or _is_too_large(evidence):
        return _REFUSED
    return Judgement(Verdict.REFUSED, suspicious=True)


def _later(evidence: Evidence) -> Judgement:
    if evidence.code == 432:  # the relay's own limit of connections: no fault of the address
        return Judgement(Verdict.RELAY_DELAYED, slows_relay=True)
    if evidence.code == 430:  # Exchange could not log on to the sender's mailbox: the same for every address
        return Judgement(Verdict.RELAY_DELAYED)
    return Judgement(Verdict.DEFERRED, slows_relay=True) if _asks_for_less(evidence) else _DEFERRED


def _enhanced(evidence: Evidence) -> str:
    return evidence.enhanced or enhanced_code(evidence.code or 0, evidence.text)


def _is_transient(evidence: Evidence) -> bool:
    return evidence.code is not None and 400 <= evidence.code < 500


def _is_permanent(evidence: Evidence) -> bool:
    return evidence.code is not None and 500 <= evidence.code < 600


def _asks_for_less(evidence: Evidence) -> bool:
    return evidence.code in (421, 432)


def _names_the_address(evidence: Evidence) -> bool:
    enhanced = _enhanced(evidence)
    return evidence.code in (550, 551, 553) and (enhanced.startswith("5.1.") or enhanced == "5.2.1")


def _is_policy(evidence: Evidence) -> bool:
    enhanced = _enhanced(evidence)
    return (
        evidence.code in (530, 535)
        or enhanced.startswith("5.7.")
        or enhanced in _ACCOUNT
        or _ACCOUNT_WORDS.search(evidence.text) is not None
    )


def _is_sender_mailbox(evidence: Evidence) -> bool:
    return _enhanced(evidence) in _SENDER_MAILBOX or _SENDER_MAILBOX_WORDS.search(evidence.text) is not None


def _is_too_large(evidence: Evidence) -> bool:
    enhanced = _enhanced(evidence)
    return enhanced in _TOO_LARGE or (evidence.code == 552 and not enhanced)
