"""The first stage of a sending: may this delivery still go, and to which address exactly."""

from __future__ import annotations

from models.ledger.pending import PendingDelivery
from models.rules.recipients import NoAddress, Recipient

NOTHING_LEFT = "plus rien à réclamer : tout a été réglé, contesté ou suspendu entre-temps"
NO_LONGER_CURRENT = "l'adresse n'est plus celle du destinataire"


def current_recipient(delivery: PendingDelivery, recipients: tuple[Recipient, ...] | NoAddress) -> Recipient | None:
    """The recipient that the delivery was planned for, as written today; None when the address is nobody's any more."""
    if isinstance(recipients, NoAddress):
        return None
    return next((recipient for recipient in recipients if recipient.key == delivery.address), None)
