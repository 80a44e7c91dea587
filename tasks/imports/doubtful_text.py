"""Texts that are hardly what was meant: slips in well-known mail domains, and letters that an encoding damaged."""

from __future__ import annotations

import re

# Where French families, and those who look after them, have their mail.
KNOWN_DOMAINS = frozenset(
    {
        "aol.com",
        "bbox.fr",
        "club-internet.fr",
        "free.fr",
        "gmail.com",
        "gmx.fr",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "live.fr",
        "msn.com",
        "neuf.fr",
        "numericable.fr",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "sfr.fr",
        "wanadoo.fr",
        "yahoo.com",
        "yahoo.fr",
    }
)
# Real ones that look like a slip of another.
_REAL = frozenset(
    {
        "aol.fr",
        "email.com",
        "free.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "grange.fr",
        "hotmail.be",
        "hotmail.ch",
        "hotmail.de",
        "hotmail.es",
        "hotmail.it",
        "icloud.fr",
        "laposte.fr",
        "live.be",
        "live.com",
        "mail.com",
        "me.com",
        "msn.fr",
        "neuf.com",
        "orange.be",
        "orange.com",
        "orange.es",
        "outlook.be",
        "outlook.de",
        "outlook.es",
        "outlook.it",
        "sfr.com",
        "yahoo.be",
        "yahoo.ca",
        "yahoo.de",
        "yahoo.es",
        "yahoo.it",
        "ymail.com",
    }
)
_TOP = frozenset({"com", "fr", "net", "org", "eu", "be", "ch", "de", "es", "it", "lu", "pt", "uk", "ca"})
_LONG_ENOUGH = 5  # a shorter name is one letter away from too many real ones

# Two bytes of UTF-8 that were read as Windows-1252, each as a letter of its own.
_TWICE_ENCODED = re.compile("[ÂÃ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|â€.")
# Letters of an old Macintosh that were read as Windows-1252.
_MACINTOSH = re.compile(r"(?<=[^\W\d_])[ƒˆ‰™•](?=[^\W\d_])|(?<=[a-zà-ÿ])Ž|(?<=[^\W\d_])Ÿ(?=[a-zà-ÿ])")
_LOST = re.compile("\ufffd|(?<=[^\\W\\d_])\\?(?=[^\\W\\d_])|(?<![^\\s'-])\\?(?=[^\\W\\d_])")


def meant_domain(address: str) -> str:
    """The well-known domain that the domain of an address is one slip away from; empty when it is none, or right."""
    domain = address.rpartition("@")[2].lower()
    if not domain or domain in KNOWN_DOMAINS or domain in _REAL:
        return ""
    name, _, top = domain.rpartition(".")
    for known in sorted(KNOWN_DOMAINS):
        known_name, _, known_top = known.rpartition(".")
        same_name = name == known_name and top != known_top and (top not in _TOP or name == "gmail")
        if same_name and _one_slip(top, known_top):
            return known
        if len(known_name) >= _LONG_ENOUGH and top == known_top and _one_slip(name, known_name):
            return known
    return "gmail.com" if name == "gmail" else ""


def _one_slip(written: str, meant: str) -> bool:
    """Whether one letter is missing, too many, another, or has changed places with its neighbour."""
    if abs(len(written) - len(meant)) > 1 or written == meant:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), min(map(len, (written, meant)))
    )
    rest, other = written[start:], meant[start:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[2:] == other[2:] and rest[:2] == other[1::-1])
    )


def damage(text: str) -> str:
    """What an encoding did to a text, as a French clause; empty when nothing shows."""
    if _TWICE_ENCODED.search(text) and _is_twice_encoded(text):
        return "sont codées deux fois en UTF-8"
    if _MACINTOSH.search(text):
        return "viennent d'un encodage Macintosh"
    return ""


def lost_letters(text: str) -> bool:
    """Whether letters of a text were replaced by a question mark: nobody can say any more which they were."""
    return bool(_LOST.search(text))


def _is_twice_encoded(text: str) -> bool:
    found = _TWICE_ENCODED.search(text)
    if found is None:
        return False
    if found[0].startswith("â€"):
        return True
    try:
        return len(found[0].encode("cp1252", "strict").decode("utf-8")) == 1
    except UnicodeError:
        return False
