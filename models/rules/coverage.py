"""In which class a document stands: every document of a period is in exactly one, so that nobody falls through.

A document is judged by those whom it was planned for. Each counts with his latest real sending, whatever its version
and its address; whoever takes the place of one whose sending failed counts in his stead. What changes afterwards in
addresses, guardians or policies reopens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.rules.recipients import NoAddress, Recipients, Role
from models.rules.states import FAILED, WAITING, DeliveryState

S = DeliveryState


class Coverage(StrEnum):
    """The classes, in the order in which they are tried; the first that fits counts."""

    UNCERTAIN = "uncertain"
    FAILED = "failed"
    WAITING = "waiting"
    PRINTED = "printed"
    MAILED = "mailed"
    EXCLUDED = "excluded"


SETTLED = frozenset({Coverage.PRINTED, Coverage.MAILED})


@dataclass(frozen=True, slots=True)
class DeliveryFact:
    """What the ledger knows of one real delivery of a document; ``address`` is normalised.

    ``number`` grows with each delivery, ``campaign`` is the one that planned it. ``unwritten``: composing failed.
    """

    number: int
    campaign: int
    role: Role
    address: str
    state: DeliveryState
    changed_at: datetime
    unwritten: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether nothing more comes of it by itself, and it did not arrive."""
        return self.state in FAILED or self.unwritten


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a document, the numbers of the deliveries that it is judged by, and of those that failed.

    ``unserved`` are the normalised addresses that it is still to be sent to, and for which nothing is planned yet.
    """

    coverage: Coverage
    counting: frozenset[int] = frozenset()
    failing: frozenset[int] = frozenset()
    unserved: frozenset[str] = frozenset()


def persons_of(role: Role) -> tuple[Role, ...]:
    """Who reads what is sent to an address: one address may be two persons'."""
    return (Role.RESIDENT, Role.GUARDIAN) if role is Role.BOTH else (role,)


def judge(
    recipients: Recipients,
    deliveries: Iterable[DeliveryFact],
    printed_at: datetime | None,
    settled: Coverage | None = None,
) -> Verdict:
    """The class of one document, from its real deliveries in all versions and its current recipients.

    ``printed_at`` is its last printing by Facteur; a date that an import brought does not count. ``settled`` is the
    class in which it was settled, None while it is not.
    """
    facts = sorted(deliveries, key=lambda fact: fact.number)
    latest = _latest(facts)
    counting = frozenset(fact.number for fact in latest.values())
    # Whatever the addresses are today, somebody may hold this paper, and a person has to say so.
    if any(fact.state is S.UNCERTAIN for fact in facts):
        return Verdict(Coverage.UNCERTAIN, counting, _failing(latest.values(), printed_at))
    if settled is not None:
        return Verdict(settled, counting)
    current = _current(recipients)
    if not latest:
        return _unsent(facts, current, printed_at)
    found: set[Coverage] = set()
    failing: set[int] = set()
    unserved: set[str] = set()
    for person, fact in latest.items():
        if not fact.has_failed:
            found.add(Coverage.MAILED if fact.state is S.ACCEPTED else Coverage.WAITING)
            continue
        if printed_at is not None and printed_at >= fact.changed_at:
            found.add(Coverage.PRINTED)
            continue
        new = _places_taken(person, fact, facts, current)
        if new is None:
            failing.add(fact.number)
            found.add(Coverage.FAILED)
        elif new:
            unserved |= new
            found.add(Coverage.WAITING)
    # Taken out because the address was nobody's any more, before anything was sent to this person.
    for person in {person for fact in facts for person in persons_of(fact.role)} - set(latest):
        address = current.get(person)
        if address is None:
            continue
        if _was_tried(person, address, facts):  # a person took him out
            found.discard(Coverage.MAILED)
            found.add(Coverage.EXCLUDED)
        else:
            unserved.add(address)
            found.add(Coverage.WAITING)
    coverage = next((one for one in Coverage if one in found), Coverage.MAILED)
    return Verdict(coverage, counting, frozenset(failing), frozenset(unserved))


def settled_at(verdict: Verdict, deliveries: Sequence[DeliveryFact], printed_at: datetime | None) -> datetime | None:
    """When the document was settled: the last acceptance, or the printing; None while it is not."""
    if verdict.coverage is Coverage.PRINTED:
        return printed_at
    if verdict.coverage is not Coverage.MAILED:
        return None
    return max((fact.changed_at for fact in deliveries if fact.number in verdict.counting), default=printed_at)


def _latest(facts: Sequence[DeliveryFact]) -> dict[Role, DeliveryFact]:
    """The last sending to each person; what was withdrawn was not one."""
    return {person: fact for fact in facts if fact.state is not S.WITHDRAWN for person in persons_of(fact.role)}


def _failing(facts: Iterable[DeliveryFact], printed_at: datetime | None) -> frozenset[int]:
    return frozenset(
        fact.number for fact in facts if fact.has_failed and (printed_at is None or printed_at < fact.changed_at)
    )


def _current(recipients: Recipients) -> dict[Role, str]:
    if isinstance(recipients, NoAddress):
        return {}
    return {person: recipient.key for recipient in recipients for person in persons_of(recipient.role)}


def _unsent(facts: Sequence[DeliveryFact], current: Mapping[Role, str], printed_at: datetime | None) -> Verdict:
    """Nothing was sent, and nothing is planned: to print, to send, or taken out by a person."""
    if printed_at is not None:
        return Verdict(Coverage.PRINTED)
    unserved = frozenset(address for person, address in current.items() if not _was_tried(person, address, facts))
    if current and not unserved:
        return Verdict(Coverage.EXCLUDED)
    return Verdict(Coverage.WAITING, unserved=unserved)


def _was_tried(person: Role, address: str, facts: Iterable[DeliveryFact]) -> bool:
    return any(fact.address == address and person in persons_of(fact.role) for fact in facts)


def _places_taken(
    person: Role, failed: DeliveryFact, facts: Sequence[DeliveryFact], current: Mapping[Role, str]
) -> frozenset[str] | None:
    """The addresses that are still to be served in the place of a failed one; None when nobody takes it.

    The person's own new address does; where he has none any more, somebody whom a later campaign sends it to does.
    """
    if person in current:
        is_new = current[person] != failed.address
        return frozenset({current[person]}) if is_new and not _was_tried(person, current[person], facts) else None
    later = [fact for fact in facts if fact.campaign > failed.campaign and person not in persons_of(fact.role)]
    if any(fact.state is S.ACCEPTED or fact.state in WAITING for fact in later):
        return frozenset()
    served = {fact.address for fact in facts}
    return frozenset(current.values()) - served or None
