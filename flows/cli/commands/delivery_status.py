"""One delivery in ``facteur status``: of an invoice or of a reminder."""

from __future__ import annotations

from typing import Any

from models.reading.standings import DeliveryStanding
from tasks.french.labels import STATE, observed
from tasks.french.moments import paris_moment


def delivery_as_json(delivery: DeliveryStanding) -> dict[str, Any]:
    """A delivery with its last evidence."""
    evidence = delivery.evidence
    return {
        "id": delivery.delivery_id,
        "address": delivery.address,
        "role": delivery.role,
        "state": delivery.state.value,
        "changed_at": delivery.changed_at.isoformat(),
        "not_before": delivery.not_before.isoformat() if delivery.not_before else None,
        "message_id": delivery.message_id,
        "note": delivery.note,
        "evidence": {
            "stage": evidence.stage.value,
            "code": evidence.code,
            "enhanced": evidence.enhanced,
            "text": evidence.text,
            "fault": evidence.fault.value if evidence.fault else None,
        }
        if evidence
        else None,
    }


def delivery_as_text(delivery: DeliveryStanding) -> str:
    """The same on one line, for a person."""
    seen = delivery.note or observed(delivery.evidence)
    return f"    {delivery.address}  {STATE[delivery.state]}  {paris_moment(delivery.changed_at)}  {seen}"
