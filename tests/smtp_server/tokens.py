"""What an XOAUTH2 server makes of a token: signed by the authority, still in force, and allowed to send."""

import base64
import json

AUDIENCE = "https://outlook.office365.com"
PERMISSION = "SMTP.SendAsApp"


def objection(given: str, user: str, password: str, key: str) -> str:
    """Why ``given`` (the decoded SASL answer) does not log ``user`` in; "" when it does.

    Without a ``key`` the one good token is ``password``.
    """
    head, _, rest = given.partition("\1auth=Bearer ")
    token = rest.removesuffix("\1\1")
    if head != f"user={user}" or not rest.endswith("\1\1"):
        return "malformed"
    if not key:
        return "" if token == password else "invalid_token"
    import jwt  # heavy, and most servers see no token

    try:
        claims = jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE)
    except jwt.ExpiredSignatureError:
        return "expired"
    except jwt.InvalidTokenError:
        return "invalid_token"
    return "" if PERMISSION in claims.get("roles", []) else "insufficient_scope"


def challenge(why: str) -> str:
    """The 334 before the 535. Only an end in time is said in words, and of the rest no more than Exchange says."""
    facts = {"status": "401", "schemes": "bearer", "scope": f"{AUDIENCE}/.default"}
    if why == "expired":
        facts["error"] = "the token has expired"
    return base64.b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode()
