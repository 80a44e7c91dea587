"""Between composing and sending: take a delivery for this worker, provided that nothing changed meanwhile."""

from __future__ import annotations

from datetime import timedelta

from models.database.clock import utc_now
from models.database.session import writing_rows
from models.ledger import steps
from models.ledger.decided import resend_was_decided
from models.reading.reminder_sources import note_dropped, read_source
from models.values.sources import ReminderSource
from tasks.composing.compose import identity
from tasks.delivering.addressing import current_recipient
from tasks.delivering.preparing import Ready, withdraw
from tasks.delivering.run import SendingRun
from tasks.delivering.sending import Claimed, Sent
from tasks.failpoints import reached


def claim(ready: Ready, relay: str, run: SendingRun) -> Claimed | Sent | None:
    """Claim a prepared delivery for the SMTP account ``relay``; None: another worker has it, or its source changed."""
    delivery = ready.delivery
    now = utc_now()
    lease = now + timedelta(seconds=run.settings.sending.lease_seconds)
    with writing_rows(run.settings.database) as rows:
        steps.hold(rows, delivery.id)
        latest, recipients = read_source(rows, delivery.document_id)
        if current_recipient(delivery, recipients) is None:
            return withdraw(rows, delivery)
        if ready.is_new and latest != ready.source:
            return None
        changed = not ready.is_new and latest.fingerprint != delivery.fingerprint
        if changed and not resend_was_decided(rows, delivery.id):
            steps.replan(rows, delivery.id, delivery.state, now=now)
            return None
        if isinstance(latest, ReminderSource) and not changed:  # old bytes still name what was paid since
            note_dropped(rows, latest)
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
        return None
    reached("claimed")
    address = delivery.redirected_to or ready.recipient.address
    return Claimed(delivery.id, attempt, ready.source.sender_email, address, ready.message)
