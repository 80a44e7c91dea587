"""One review at a time for a period: a second one would show, and send, the same lines."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from tasks.campaigns.reviews import open_reviews


def review_under_way(campaign: CampaignReference) -> Refusal | None:
    """A Refusal that names the run whose review of the same period still waits; None when there is none."""
    with get_client(sync_client=True) as client:
        for flow_run_id in open_reviews(campaign):
            try:
                run = client.read_flow_run(UUID(flow_run_id))
            except ObjectNotFound:
                continue
            if run.state is not None and not run.state.is_final():
                return Refusal(
                    f"Une relecture de la même période attend déjà votre réponse : run « {run.name} ». "
                    "Validez-la ou annulez-la, puis relancez."
                )
    return None
