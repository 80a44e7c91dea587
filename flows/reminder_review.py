"""The review of reminders: a suspended run that shows who would be reminded, and waits for a person's choice."""

from __future__ import annotations

from typing import Literal, cast

from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field, create_model

from flows.forms import initials_entry, one_of
from flows.review import PATIENCE_SECONDS
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from models.values.reminder_paper import FORMAL_NOTICE
from tasks.reminders.choosing import ReminderChoice
from tasks.reminders.freshness import stale_balances
from tasks.reminders.plan_page import mode_label
from tasks.reminders.planning import MODES
from tasks.reminders.shown import ShownReminder, read_shown_reminders


def ask(campaign: CampaignReference, plan_page: str) -> ReminderChoice:
    """Suspend the run until a clerk has chosen, and return the choice. The form is made from the stored lines."""
    lines = read_shown_reminders(campaign)
    form = _form(campaign, lines, _description(campaign, lines, plan_page))
    answer = suspend_flow_run(wait_for_input=form, key="relecture", timeout=PATIENCE_SECONDS)
    return _choice(lines, cast("dict[str, object]", answer.model_dump()))


def _form(campaign: CampaignReference, lines: list[ShownReminder], explanation: str) -> type[RunInput]:
    trial = bool(campaign.redirected_to)
    fields: dict[str, object] = {"vos_initiales": initials_entry(explanation)}
    if not trial:
        fields["mode"] = (
            Literal["e-mail", "courrier"],
            Field(default=mode_label(campaign), title="Mode", description="« courrier » : tout est édité sur papier."),
        )
    if lines:
        fields["retirer_des_clients"] = (
            list[one_of(tuple(line.label for line in lines))],  # type: ignore[misc]
            Field(default=[], title="Retirer des clients", description="Ils ne seront relancés d'aucune façon."),
        )
        fields["retirer_des_factures"] = (
            list[one_of(tuple(invoice.label for line in lines for invoice in line.invoices))],  # type: ignore[misc]
            Field(default=[], title="Retirer des factures", description="Le client est relancé pour les autres."),
        )
    offered = tuple(line.label for line in lines if line.apart and line.address)
    if offered:
        fields["envoyer_aussi"] = (
            list[one_of(offered)],  # type: ignore[misc]
            Field(
                default=[],
                title="Envoyer aussi par e-mail",
                description="Mises en demeure et adresses refusées : elles ne partent par e-mail que si vous le dites.",
            ),
        )
    if any(line.apart for line in lines) and not trial:
        fields["editer_les_autres"] = (
            bool,
            Field(
                default=False,
                title="Éditer aussi les courriers",
                description="En mode e-mail : les clients à part, sans adresse ou en mise en demeure, sont édités.",
            ),
        )
    return cast("type[RunInput]", create_model("RelectureDesRelances", __base__=RunInput, **fields))  # type: ignore[call-overload]


def _description(campaign: CampaignReference, lines: list[ShownReminder], plan_page: str) -> str:
    apart = [line for line in lines if line.apart]
    stale = stale_balances(campaign.structures)
    notices = sum(line.level >= FORMAL_NOTICE for line in apart)
    return "\n\n".join(
        part
        for part in (
            f"**Mode courant : {mode_label(campaign)}**"
            + (f" · essai vers **{campaign.redirected_to}**" if campaign.redirected_to else ""),
            f"**{len(lines)} clients** à relancer, dont {len(lines) - len(apart)} par e-mail et {len(apart)} à part"
            + (f" ({notices} en mise en demeure)." if notices else "."),
            f"**ATTENTION** : {stale}" if stale else "",
            f"[Voir le tableau complet](/artifacts/artifact/{plan_page}) : adresses, factures, niveaux.",
            "Retirez ce qui ne doit pas partir, puis validez.",
        )
        if part
    )


def _choice(lines: list[ShownReminder], answer: dict[str, object]) -> ReminderChoice:
    removed = set(cast("list[str]", answer.get("retirer_des_clients") or []))
    added = set(cast("list[str]", answer.get("envoyer_aussi") or []))
    left_out = set(cast("list[str]", answer.get("retirer_des_factures") or []))
    mode = MODES[str(answer.get("mode") or "e-mail")]
    with_letters = bool(answer.get("editer_les_autres"))

    def channel(line: ShownReminder) -> Channel | None:
        if line.label in removed:
            return None
        if mode is Channel.LETTER:
            return Channel.LETTER
        if not line.apart or line.label in added:
            return Channel.EMAIL
        return Channel.LETTER if with_letters else None

    chosen = {line.document_id: found for line in lines if (found := channel(line))}
    invoices = frozenset(i.invoice_id for line in lines for i in line.invoices if i.label in left_out)
    return ReminderChoice(chosen, invoices, str(answer.get("vos_initiales") or "").strip(), mode)
