"""OAuth2 for SMTP: the token of an application (RFC 6749, 4.4), and the session that is opened with it.

MSAL keeps each token in this process and asks for another one five minutes before it ends. A relay may still refuse
one that was good (a clock that is wrong, a change of rights): then one new token is tried, and no more.
"""

import base64
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import quote_plus

import msal  # type: ignore[import-untyped]
import requests

from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Application, Relay
from tasks.mail.authority_session import AuthoritySession
from tasks.mail.observation import observed

SCOPE = "https://outlook.office365.com/.default"
PERMISSION = "SMTP.SendAsApp"
_BUSY = {"temporarily_unavailable", "server_error"}
# Of the account and its mailbox, whatever the token: SMTP AUTH is off, or the mechanism is.
_NOT_OF_THE_TOKEN = {"5.7.30", "5.7.139"}

# MSAL writes answers of the token endpoint to its log.
logging.getLogger("msal").setLevel(logging.CRITICAL + 1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; ``cached`` tells that it may have been refused since it was issued."""

    value: str = field(repr=False)
    cached: bool = False


def open_with_token(relay: Relay, open_session: Callable[[Relay], T | Evidence]) -> T | Evidence:
    """Open a session for ``relay.application``; the evidence of what went wrong with its token or at the relay.

    ``open_session`` is given the relay with the token in the place of the client secret.
    """
    token = fetch_token(relay)
    if isinstance(token, Evidence):
        return token
    opened = open_session(_with(relay, token))
    if isinstance(opened, Evidence) and _may_be_outworn(opened, token):
        token = fetch_token(relay, refused=token)
        if isinstance(token, Evidence):
            return token
        opened = open_session(_with(relay, token))
    return _explained(opened, token) if isinstance(opened, Evidence) else opened


def fetch_token(relay: Relay, refused: Token | None = None) -> Token | Evidence:
    """The token that this process keeps for the application, or a new one, which is never the ``refused`` one.

    One thread at a time asks: the others find the answer. A failure is of stage AUTH: TOKEN when the authority said
    no, TOKEN_SERVICE when it could not be asked.
    """
    assert relay.application is not None
    with _LOCK:
        try:
            client = _client(relay, relay.application)
            answer = client.acquire_token_for_client([SCOPE])
            if refused and answer.get("access_token") == refused.value:
                client.remove_tokens_for_client()
                answer = client.acquire_token_for_client([SCOPE])
        except requests.exceptions.SSLError as error:
            return _failed(relay, Fault.TOKEN, f"certificate: {error}")
        except (requests.exceptions.RequestException, msal.exceptions.MsalServiceError) as error:
            return _failed(relay, Fault.TOKEN_SERVICE, str(error))
        except (ValueError, LookupError, RuntimeError) as error:
            # MSAL hides what the authority said to the request for its endpoints under words of its own.
            return _failed(relay, Fault.TOKEN, str(error.__context__ or error))
    if "access_token" in answer:
        return Token(str(answer["access_token"]), cached=answer.get("token_source") == "cache")
    kind = str(answer.get("error", ""))
    fault = Fault.TOKEN_SERVICE if kind in _BUSY else Fault.TOKEN
    return _failed(relay, fault, str(answer.get("error_description") or kind or "no token in the answer"))


@dataclass(frozen=True, slots=True)
class _Known:
    """A client of MSAL and what it was made with: a new secret makes a new client, without the old one's tokens."""

    secret: str = field(repr=False)
    ca_file: str
    client: Any = field(repr=False)


_LOCK = threading.Lock()
_CLIENTS: dict[Application, _Known] = {}


def _client(relay: Relay, application: Application) -> Any:
    known = _CLIENTS.get(application)
    if known is None or (known.secret, known.ca_file) != (relay.secret, relay.ca_file):
        _CLIENTS.pop(application, None)
        client = msal.ConfidentialClientApplication(
            application.client_id,
            client_credential=relay.secret,
            authority=f"{application.authority.rstrip('/')}/{application.tenant}",
            instance_discovery=False,  # it would ask Microsoft about every other authority
            http_client=AuthoritySession(relay.ca_file, relay.timeout_seconds),
        )
        known = _CLIENTS[application] = _Known(relay.secret, relay.ca_file, client)
    return known.client


def _with(relay: Relay, token: Token) -> Relay:
    return replace(relay, secret=token.value, application=None)


def _may_be_outworn(evidence: Evidence, token: Token) -> bool:
    """Whether another token could be taken: it is said that this one ended, or it was good before."""
    if evidence.stage is not Stage.AUTH or evidence.code != 535 or evidence.enhanced in _NOT_OF_THE_TOKEN:
        return False
    return token.cached or "expir" in evidence.text.lower()


def _explained(evidence: Evidence, token: Token) -> Evidence:
    """A refused login with what Microsoft does not say: that it was a token, and what the token does not allow."""
    if evidence.stage is not Stage.AUTH or evidence.code is None:
        return evidence
    lacking = f" ({PERMISSION} absent)" if PERMISSION not in _roles(token, default=[PERMISSION]) else ""
    return replace(evidence, text=f"{evidence.text[:400]} / XOAUTH2{lacking}")


def _roles(token: Token, default: list[str]) -> list[str]:
    """The permissions in a token that can be read; read for a sentence alone, never to decide (RFC 9068, 6)."""
    try:
        payload = token.value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return list(claims.get("roles", []))
    except (ValueError, LookupError, AttributeError, TypeError):
        return default


def _failed(relay: Relay, fault: Fault, text: str) -> Evidence:
    for secret in filter(None, (relay.secret, quote_plus(relay.secret))):
        text = text.replace(secret, "***")
    return observed(Stage.AUTH, fault, text)
