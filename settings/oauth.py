"""The fields of an OAuth2 application, as they are typed in the block's form or in the environment."""

import re
from urllib.parse import urlsplit

_TENANT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_CLIENT_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_tenant(text: str) -> bool:
    """Whether ``text`` can name a directory: its id, or a domain of it."""
    return _TENANT.fullmatch(text) is not None


def is_client_id(text: str) -> bool:
    """Whether ``text`` can be the id of an application, which Entra makes (a GUID)."""
    return _CLIENT_ID.fullmatch(text) is not None


def is_authority(text: str) -> bool:
    """Whether ``text`` is an https address with a host and nothing that could carry a secret elsewhere."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme == "https" and parts.hostname and not (parts.username or parts.query or parts.fragment)
        )
    except ValueError:
        return False
