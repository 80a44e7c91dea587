"""From what the wire saw to the evidence that is kept: legible, short, and without a secret."""

import re

from models.rules.replies import enhanced_code
from models.values.evidence import Evidence, Fault, Stage
from tasks.mail.wire import BrokenError, Reply

_TEXT_LIMIT = 500
_LEADING_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?:\s+|$)")
_LONG_WORD = re.compile(r"[^\s\"'<>()\[\]]{12,}")  # a server may cut what it echoes: a piece of a secret is one too
_SOURCE_LINE = re.compile(r"\s*\(_ssl\.c:\d+\)")


def observed_reply(stage: Stage, reply: Reply, secrets: tuple[str, ...] = (), reused: bool = False) -> Evidence:
    """The evidence that is a reply; the enhanced code of each line is taken out of its text."""
    code, raw = reply
    lines = raw.decode("utf-8", "replace").split("\n")
    enhanced = enhanced_code(code, " ".join(lines))
    text = " / ".join(_LEADING_ENHANCED.sub("", line, count=1) for line in lines)
    return Evidence(stage, code=code, enhanced=enhanced, text=_clean(text, secrets), reused=reused)


def observed_fault(stage: Stage, broken: BrokenError, secrets: tuple[str, ...] = (), reused: bool = False) -> Evidence:
    """The evidence that is a fault, in the words of the operating system or of OpenSSL."""
    text = _clean(_SOURCE_LINE.sub("", broken.text), secrets)
    return Evidence(stage, fault=broken.fault, text=text, reused=reused)


def observed(stage: Stage, fault: Fault, text: str) -> Evidence:
    """The evidence that Facteur itself saw, without the wire."""
    return Evidence(stage, fault=fault, text=_clean(text, ()))


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    for word in set(_LONG_WORD.findall(text)):
        if any(word in secret for secret in secrets):
            text = text.replace(word, "***")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_TEXT_LIMIT]
