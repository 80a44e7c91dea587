"""An OAuth2 authority for tests, over real HTTPS: what Microsoft Entra answers to an application and its secret."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from uuid import uuid4

import jwt

from models.values.relay import Application
from tests.smtp_server.certificates import Certificate
from tests.smtp_server.tokens import AUDIENCE, PERMISSION

CLIENT_ID = "6f1c3f0e-8a51-4c59-9b1e-0d2b7a3c4e5f"
SCOPE = f"{AUDIENCE}/.default"


@dataclass
class Authority:
    """What the authority knows, to be changed at will, and what it has been asked.

    ``claimed_seconds`` is how long a token is said to last, ``real_seconds`` how long it does. ``answer`` replaces
    every answer to a request for a token: status, content type, text. ``silent_seconds`` pass before each answer.
    """

    tenant: str = "contoso.example"
    secret: str = "S3cret~de.l-application_0001"
    key: str = field(default_factory=lambda: uuid4().hex + uuid4().hex)
    roles: tuple[str, ...] = (PERMISSION,)
    claimed_seconds: int = 3599
    real_seconds: float = 3599
    answer: tuple[int, str, str] | None = None
    silent_seconds: float = 0.0
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def application(self) -> Application:
        return Application(self.tenant, CLIENT_ID, self.url)

    def endpoints(self, tenant: str) -> tuple[int, dict[str, object]]:
        if tenant != self.tenant:
            return 400, _error("invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure.")
        base = f"{self.url}/{tenant}"
        return 200, {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }

    def issue(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.requests.append(form)
        if form.get("client_id") != CLIENT_ID:
            return 400, _error("unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if form.get("client_secret") != self.secret:
            return 401, _error("invalid_client", "AADSTS7000215: Invalid client secret provided. Trace ID: 1")
        if (form["grant_type"], form["scope"]) != ("client_credentials", SCOPE):
            return 400, _error("invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
        claims: dict[str, object] = {"aud": AUDIENCE, "exp": time.time() + self.real_seconds, "jti": uuid4().hex}
        claims |= {"roles": list(self.roles)} if self.roles else {}
        claims["xms"] = "x" * 3000  # a token of Microsoft's is about as long
        self.tokens.append(jwt.encode(claims, self.key, algorithm="HS256"))
        return 200, {"token_type": "Bearer", "expires_in": self.claimed_seconds, "access_token": self.tokens[-1]}


def _error(kind: str, description: str) -> dict[str, object]:
    return {"error": kind, "error_description": description, "error_codes": [0]}


@contextmanager
def running(certificate: Certificate, authority: Authority | None = None) -> Iterator[Authority]:
    """An authority that listens on a free port of this machine, under the name ``localhost``."""
    authority = authority or Authority()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*authority.endpoints(self.path.split("/")[1]))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            if authority.answer:
                authority.requests.append(form)
                self._write(*authority.answer)
            else:
                self._say(*authority.issue(form))

        def _say(self, status: int, facts: dict[str, object]) -> None:
            self._write(status, "application/json", json.dumps(facts))

        def _write(self, status: int, kind: str, text: str) -> None:
            time.sleep(authority.silent_seconds)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", text)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that does not trust the certificate, or that went away

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    # The handshake is done in the connection's own thread.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    authority.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
