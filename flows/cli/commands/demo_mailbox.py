"""What really lies in the mailbox, against what the ledger says was accepted."""

from __future__ import annotations

import mailbox
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from sqlalchemy import select

from models.database.session import reading
from models.rules.states import DeliveryState
from models.tables.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Comparison:
    """Message-IDs: ``missing`` were accepted but are not there, ``unknown`` are there but were not handed over."""

    accepted: int
    messages: int
    missing: list[str]
    twice: list[str]
    unknown: list[str]

    @property
    def agrees(self) -> bool:
        return not (self.missing or self.twice or self.unknown)


def compare(database: str, maildir: Path, since: datetime) -> Comparison:
    """Compare all deliveries of the ledger with all messages of the mailbox.

    The message of an uncertain delivery may lie there or not: that is what uncertain means. So may one that was
    accepted before ``since``: the purge takes it.
    """
    with reading(database) as session:
        rows = session.execute(select(Delivery.message_id, Delivery.state, Delivery.accepted_at)).tuples().all()
    accepted = {message_id for message_id, state, _ in rows if state == DeliveryState.ACCEPTED}
    recent = {message_id for message_id, _, at in rows if message_id in accepted and at and at >= since}
    possible = {m for m, state, _ in rows if state in {DeliveryState.UNCERTAIN, DeliveryState.HANDING_OVER}}
    found = Counter(message_ids(maildir))
    return Comparison(
        accepted=len(accepted),
        messages=found.total(),
        missing=sorted(recent - found.keys()),
        twice=sorted(message_id for message_id, count in found.items() if count > 1),
        unknown=sorted(found.keys() - accepted - possible),
    )


def message_ids(maildir: Path) -> list[str]:
    """The Message-ID of each message in a Maildir; empty for a message that has none."""
    box = mailbox.Maildir(maildir, create=False)
    found = []
    for key in box.iterkeys():
        headers = BytesHeaderParser().parsebytes(box.get_bytes(key))
        found.append(str(headers.get("Message-ID", "")).strip())
    return found
