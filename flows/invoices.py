"""factures-mensuelles: the monthly mailing of the residents' invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.mailing import mail_all
from flows.naming import named, structures_of, trial
from flows.review import ask
from flows.reviews_under_way import review_under_way
from flows.stopped import report_cancelled
from models.values.ending import Refusal
from models.values.moments import PARIS
from models.values.period import Period
from tasks.campaigns.alerts import many_addresses_changed
from tasks.campaigns.requests import read_request
from tasks.checking.before import before_campaign
from tasks.kinds.invoice import INVOICES
from tasks.monthly.choosing import store_choice
from tasks.monthly.plan_page import publish_plan
from tasks.monthly.planning import plan_month
from tasks.pages.report import close_campaign
from tasks.relays.finding import find_relays


def _describe(asked: Mapping[str, Any]) -> str:
    month = asked.get("periode") or Period.before(datetime.now(PARIS).date())
    return f"Factures {month} · {structures_of(asked)}{trial(asked)}"


@flow(
    name="factures-mensuelles",
    flow_run_name=named(_describe),
    persist_result=False,
    on_cancellation=[report_cancelled],
)
def factures_mensuelles(
    periode: str = "",
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
    relecture: bool = True,
    renvoyer: str = "",
    rediriger_vers: str = "",
) -> State[Any]:
    """Envoie par e-mail les factures d'un mois aux résidents et à leurs tuteurs.

    Args:
        periode: Le mois à envoyer, écrit AAAA-MM (2024-09). Vide : le mois dernier.
        structures: Les codes des structures. Vide : toutes.
        relecture: Montrer d'abord le tableau, et n'envoyer qu'après votre validation.
        renvoyer: Le motif d'un second envoi. Vide : ce qui est déjà parti ne repart pas.
        rediriger_vers: Adresse d'essai qui reçoit tout, marqué [TEST], sans toucher à l'historique.

    """
    request = read_request(flow_run.get_id() or "", datetime.now(PARIS), periode, structures, renvoyer, rediriger_vers)
    if isinstance(request, Refusal):
        return ended(request)
    carriers = find_relays(request.structures)
    if refusal := carriers.refusal or before_campaign(request.structures, carriers, INVOICES):
        return ended(refusal)
    campaign = plan_month(request, dict(flow_run.get_parameters() or {}))
    if not campaign.chosen:
        plan_page = publish_plan(campaign, carriers)
        to_review = relecture or bool(many_addresses_changed(campaign))
        if to_review and (other := review_under_way(campaign)):
            close_campaign(campaign)
            return ended(other)
        if to_review:
            ask(campaign, carriers, plan_page)
        else:
            store_choice(campaign)
    return mail_all(campaign, carriers)
