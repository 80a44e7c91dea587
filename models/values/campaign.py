"""What a run set out to send, as the flows hand it on."""

from __future__ import annotations

REAL = "real"


def purpose_of(flow_run_id: str, redirected_to: str) -> str:
    """What a run's sendings are for: real ones, or, when all go to one address, the trial of this run alone."""
    return f"test:{flow_run_id}" if redirected_to else REAL
