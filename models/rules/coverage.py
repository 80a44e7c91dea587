"""In which class a document stands: every document of a period is in exactly one, so that nobody falls through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.rules.recipients import NoAddress, Recipient
from models.rules.states import FAILED, WAITING, DeliveryState


class Coverage(StrEnum):
    """The classes, in the order in which they are tried; the first that fits counts."""

    UNCERTAIN = "uncertain"
    FAILED = "failed"
    WAITING = "waiting"
    PRINTED = "printed"
    MAILED = "mailed"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class DeliveryFact:
    """What the ledger knows of one delivery of the document's latest version; ``address`` is normalised.

    ``unwritten`` tells that composing the message failed.
    """

    address: str
    state: DeliveryState
    changed_at: datetime
    unwritten: bool = False


def coverage(
    recipients: tuple[Recipient, ...] | NoAddress,
    deliveries: Iterable[DeliveryFact],
    printed_at: datetime | None,
) -> Coverage:
    """The class of one document, from its current addresses and the deliveries of its latest version.

    ``printed_at`` is the last printing of that version by Facteur; a date that an import brought does not count.
    """
    facts = list(deliveries)
    # Whatever the addresses are today, somebody may hold this paper, and a person has to say so.
    if any(fact.state is DeliveryState.UNCERTAIN for fact in facts):
        return Coverage.UNCERTAIN
    if isinstance(recipients, NoAddress):
        return Coverage.PRINTED if printed_at else Coverage.WAITING
    by_address = {fact.address: fact for fact in facts}
    current = [by_address.get(recipient.key) for recipient in recipients]
    failures = [fact for fact in current if fact is not None and (fact.state in FAILED or fact.unwritten)]
    if any(printed_at is None or printed_at < fact.changed_at for fact in failures):
        return Coverage.FAILED
    if any(fact is None or (fact.state in WAITING and not fact.unwritten) for fact in current):
        return Coverage.WAITING
    if failures:
        return Coverage.PRINTED
    if all(fact is not None and fact.state is DeliveryState.ACCEPTED for fact in current):
        return Coverage.MAILED
    return Coverage.EXCLUDED
