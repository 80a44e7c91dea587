"""One mail through a relay of the structures, within the limits of its account."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from models.rules.replies import Verdict, classify
from models.values.ending import Refusal
from models.values.evidence import Evidence
from models.values.mail import Mail
from models.values.relay import Relay
from settings.load import Settings
from tasks.french.labels import observed
from tasks.mail.message import assemble
from tasks.mail.transport import SmtpSession
from tasks.relays.pool import RelayPool


def post(mail: Mail, relays: Iterable[Relay], settings: Settings) -> Refusal | None:
    """Hand ``mail`` to the first relay that accepts it; what the last one answered when none does.

    What stands in the ledger is not asked: an outcome that nobody can know counts as "not accepted", and the same
    Message-ID lets a mailbox see that a second copy is one.
    """
    message = assemble(mail)
    refusal: Refusal | None = Refusal("aucun serveur SMTP n'est réglé")
    tried: set[str] = set()
    for relay in relays:
        if relay.account in tried:
            continue
        tried.add(relay.account)
        refusal = _post_through(relay, mail, message, settings)
        if refusal is None:
            return None
    return refusal


def _post_through(relay: Relay, mail: Mail, message: bytes, settings: Settings) -> Refusal | None:
    with closing(RelayPool(relay, settings)) as pool, pool.session() as session:
        if isinstance(session, Evidence):
            return Refusal(f"{relay.host} : {observed(session)}")
        if not isinstance(session, SmtpSession):
            return Refusal(f"{relay.host} : {session.sentence}")
        evidence = session.hand_over(mail.sender_email, mail.recipient_email, message, lambda: True)
    accepted = classify(evidence).verdict is Verdict.ACCEPTED
    return None if accepted else Refusal(f"{relay.host} : {observed(evidence)}")
