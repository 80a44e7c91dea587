"""How an OAuth2 authority is spoken to."""

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter


class AuthoritySession(requests.Session):
    """HTTPS to the authority alone: verified, TLS 1.2 or later, with an end to every wait, no redirection.

    It trusts this machine's authorities and ``ca_file``, if one is named; ``timeout_seconds`` bounds each operation.

    Neither a proxy nor a .netrc of the machine's user is taken up: who sees the secret is decided in the settings.
    """

    def __init__(self, ca_file: str, timeout_seconds: float) -> None:
        super().__init__()
        self.trust_env = False
        self._timeout = timeout_seconds
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if ca_file:
            context.load_verify_locations(ca_file)
        self.mount("https://", _VerifiedAdapter(context))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().request(*args, **{**kwargs, "timeout": self._timeout, "allow_redirects": False})
        finally:
            self.close()  # the next request is an hour away


class _VerifiedAdapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
