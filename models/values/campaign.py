"""What a run set out to send, as the flows hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.values.kinds import INVOICE

REAL = "real"


def purpose_of(flow_run_id: str, redirected_to: str) -> str:
    """What a run's sendings are for: real ones, or, when all go to one address, the trial of this run alone."""
    return f"test:{flow_run_id}" if redirected_to else REAL


@dataclass(frozen=True, slots=True)
class CampaignReference:
    """A stored campaign. ``chosen`` tells that a selection is stored: the run must not ask again."""

    campaign_id: int
    period: str
    structures: tuple[str, ...]
    purpose: str
    redirected_to: str
    reason: str
    chosen: bool
    plan_page: str
    kind: str = INVOICE
    reference_date: date | None = None
    mode: str = ""
