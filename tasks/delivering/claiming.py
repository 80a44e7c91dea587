"""Between composing and sending: take a delivery for this worker, provided that nothing changed meanwhile."""

from __future__ import annotations

from datetime import timedelta

from models.database.clock import utc_now
from models.database.session import writing_rows
from models.ledger import steps
from models.ledger.decided import resend_was_decided
from tasks.composing.compose import identity
from tasks.delivering.addressing import current_recipient
from tasks.delivering.endings import Again, Settled
from tasks.delivering.preparing import Ready, withdraw
from tasks.delivering.run import SendingRun
from tasks.delivering.sending import Claimed
from tasks.failpoints import reached
from tasks.kinds.kind import Kind


def claim(ready: Ready, kind: Kind, relay: str, run: SendingRun) -> Claimed | Again | Settled:
    """Claim a prepared delivery for the SMTP account ``relay``; Again: another worker has it, or its source changed.

    The source is read once more, in the claim's own transaction: waiting for a turn may have taken minutes, and what
    leaves must be what the ledger says when the row becomes this worker's.
    """
    delivery = ready.delivery
    now = utc_now()
    lease = now + timedelta(seconds=run.settings.sending.lease_seconds)
    with writing_rows(run.settings.database) as rows:
        steps.hold(rows, delivery.id)
        latest, recipients = kind.read_source(rows, delivery.document_id)
        if current_recipient(delivery, recipients) is None:
            return withdraw(rows, delivery)
        if ready.is_new and latest != ready.source:
            return Again()
        changed = not ready.is_new and latest.fingerprint != delivery.fingerprint
        if changed and not resend_was_decided(rows, delivery.id):
            steps.replan(rows, delivery.id, delivery.state, now=now)
            return Again()
        if not changed:  # old bytes still name what was paid since
            kind.note_dropped(rows, latest)
        if ready.is_new:
            attempt = steps.compose_and_claim(
                rows,
                delivery.id,
                fingerprint=latest.fingerprint,
                archive_key=ready.archive_key,
                message_id=identity(latest, delivery.key),
                note=ready.note,
                flow_run_id=run.flow_run_id,
                relay=relay,
                leased_until=lease,
                now=now,
            )
        else:
            attempt = steps.claim(
                rows,
                delivery.id,
                delivery.state,
                flow_run_id=run.flow_run_id,
                relay=relay,
                leased_until=lease,
                now=now,
            )
    if attempt is None:
        return Again()
    reached("claimed")
    address = delivery.redirected_to or ready.recipient.address
    return Claimed(delivery.id, attempt, ready.source.sender_email, address, ready.message)
