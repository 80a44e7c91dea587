"""To which addresses a document goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.values.kinds import RecipientPolicy


class Role(StrEnum):
    """Whose address it is."""

    RESIDENT = "resident"
    GUARDIAN = "guardian"
    BOTH = "resident+guardian"
    CLIENT = "client"


class NoAddress(StrEnum):
    """Why a document cannot be mailed; it is printed instead."""

    PAPER = "paper"
    NONE = "none"
    RESIDENT_NONE = "resident-none"
    GUARDIAN_NONE = "guardian-none"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address a document goes to. ``address`` is as it was entered; ``key`` tells equal addresses."""

    address: str
    role: Role

    @property
    def key(self) -> str:
        return normalise(self.address)


Recipients = tuple[Recipient, ...] | NoAddress


def normalise(address: str) -> str:
    """The form in which two spellings of one mailbox are equal.

    RFC 5321 lets a server tell ``Jean@`` from ``jean@``; none in use does, and two mails to one person are worse.
    """
    return address.strip().lower()


_NONE_BY_POLICY = {
    RecipientPolicy.RESIDENT: NoAddress.RESIDENT_NONE,
    RecipientPolicy.GUARDIAN: NoAddress.GUARDIAN_NONE,
}


def resolve_recipients(policy: RecipientPolicy, own: str, guardian: str) -> tuple[Recipient, ...] | NoAddress:
    """The addresses of a resident's document, each once, or why there is none.

    The one whom the policy leaves out never gets the paper, not even
    when the other has no address: it is printed.
    """
    if policy == RecipientPolicy.PAPER:
        return NoAddress.PAPER
    own = own.strip() if policy in {RecipientPolicy.ALL, RecipientPolicy.RESIDENT} else ""
    guardian = guardian.strip() if policy in {RecipientPolicy.ALL, RecipientPolicy.GUARDIAN} else ""
    if own and guardian and normalise(own) == normalise(guardian):
        return (Recipient(own, Role.BOTH),)
    found = ((own, Role.RESIDENT), (guardian, Role.GUARDIAN))
    recipients = tuple(Recipient(address, role) for address, role in found if address)
    if recipients:
        return recipients
    return _NONE_BY_POLICY.get(policy, NoAddress.NONE)


def resolve_client(address: str) -> tuple[Recipient, ...] | NoAddress:
    """The one address of a client, or why there is none."""
    return (Recipient(address.strip(), Role.CLIENT),) if address.strip() else NoAddress.NONE
