"""relances: payment reminders to the clients, by e-mail or as letters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.mailing import conclude, send_remaining
from flows.naming import named, structures_of, trial
from flows.reminder_review import ask
from flows.reviews_under_way import review_under_way
from flows.stopped import report_cancelled
from models.values.ending import Refusal
from models.values.moments import PARIS
from tasks.campaigns.alerts import many_addresses_changed
from tasks.checking.before import before_campaign
from tasks.kinds.reminder import REMINDERS
from tasks.pages.report import close_campaign
from tasks.relays.finding import find_relays
from tasks.reminders.choosing import store_reminder_choice
from tasks.reminders.freshness import stale_balances
from tasks.reminders.plan_page import publish_reminder_plan
from tasks.reminders.planning import plan_reminders, read_reminder_request
from tasks.reminders.printing import print_chosen


def _describe(asked: Mapping[str, Any]) -> str:
    day = asked.get("date_de_reference") or f"{datetime.now(PARIS):%Y-%m-%d}"
    return f"Relances {day} · {asked.get('mode') or 'e-mail'} · {structures_of(asked)}{trial(asked)}"


@flow(
    name="relances",
    flow_run_name=named(_describe),
    persist_result=False,
    on_cancellation=[report_cancelled],
)
def relances(
    mode: Literal["e-mail", "courrier"] = "e-mail",
    structures: list[str] = [],  # noqa: B006  Prefect copies it, and a form without "None" is one a clerk can read
    date_de_reference: str = "",
    niveau_minimum: int = 1,
    relecture: bool = True,
    rediriger_vers: str = "",
) -> State[Any]:
    """Relance les clients dont des factures sont échues, par e-mail ou par courrier.

    Args:
        mode: « e-mail » envoie les relances aux clients qui ont une adresse ; « courrier » les édite toutes en un PDF.
        structures: Les codes des structures. Vide : toutes.
        date_de_reference: Le jour auquel les retards sont comptés, écrit AAAA-MM-JJ. Vide : aujourd'hui.
        niveau_minimum: 1 pour toutes les relances, 2 à partir de la deuxième, 3 pour les mises en demeure seules.
        relecture: Montrer d'abord le tableau, et n'envoyer qu'après votre validation.
        rediriger_vers: Adresse d'essai qui reçoit tout, marqué [TEST], sans toucher à l'historique.

    """
    request = read_reminder_request(
        flow_run.get_id() or "",
        datetime.now(PARIS),
        mode,
        structures,
        date_de_reference,
        niveau_minimum,
        rediriger_vers,
    )
    if isinstance(request, Refusal):
        return ended(request)
    carriers = find_relays(request.structures, REMINDERS.relay_suffix)
    if carriers.refusal and mode == "e-mail":
        return ended(carriers.refusal)
    if not carriers.refusal and (stop := before_campaign(request.structures, carriers, REMINDERS)):
        return ended(stop)
    campaign = plan_reminders(request, dict(flow_run.get_parameters() or {}))
    if not campaign.chosen:
        if not relecture and (stale := stale_balances(request.structures)):
            close_campaign(campaign)
            return ended(Refusal(f"{stale} Rien n'a été envoyé."))
        plan_page = publish_reminder_plan(campaign, carriers)
        to_review = relecture or bool(many_addresses_changed(campaign))
        if to_review and (other := review_under_way(campaign)):
            close_campaign(campaign)
            return ended(other)
        if to_review:
            ask(campaign, carriers, plan_page)
        else:
            store_reminder_choice(campaign)
    printed = print_chosen(campaign)
    return conclude(campaign, carriers, send_remaining(campaign, carriers), printed)
