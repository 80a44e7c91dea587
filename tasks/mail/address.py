"""The one form of an e-mail address that goes on the wire."""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def plain_address(address: str) -> str:
    """Give ``address`` back if it can stand between angle brackets as it is; else raise ValueError.

    Plain is ASCII, unquoted, without a space, a control character or a bracket, 254 characters at most: what is
    accepted when an address is entered, so a ValueError here is a bug there. A domain with accents is written in its
    ``xn--`` form. Nothing is repaired: a repaired address may be somebody else's.
    """
    if len(address) > 254 or not _PLAIN.fullmatch(address):
        raise ValueError(f"not a plain e-mail address: {address!r}")
    return address
