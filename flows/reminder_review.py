"""The review of reminders: a suspended run that shows who would be reminded, and waits for a person's choice."""

from __future__ import annotations

from typing import cast

from flows.forms import Form
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from models.values.reminder_paper import FORMAL_NOTICE
from tasks.pages.rendering import cell
from tasks.reminders.choosing import ReminderChoice
from tasks.reminders.freshness import stale_balances
from tasks.reminders.plan_page import mode_label
from tasks.reminders.planning import MODES
from tasks.reminders.shown import ShownReminder, read_shown_reminders

MODE_HELP = "« courrier » : tout est édité sur papier."
ALSO_HELP = "Mises en demeure et adresses refusées : elles ne partent par e-mail que si vous le dites."
LETTERS_HELP = "En mode e-mail : les clients à part, sans adresse ou en mise en demeure, sont édités."


def ask(campaign: CampaignReference, plan_page: str, alert: str = "") -> ReminderChoice:
    """Suspend the run until a clerk has chosen, and return the choice. The form is made from the stored lines.

    ``alert`` says in French what she has to look at before anything else.
    """
    lines = read_shown_reminders(campaign)
    trial = bool(campaign.redirected_to)
    clients = tuple(line.label for line in lines)
    invoices = tuple(invoice.label for line in lines for invoice in line.invoices)
    offered = tuple(line.label for line in lines if line.apart and line.address)
    form = Form("relecture").initials(_description(campaign, lines, plan_page, alert))
    if not trial:
        form.pick("mode", tuple(MODES), "Mode", mode_label(campaign), MODE_HELP)
    form.choose("retirer_des_clients", clients, "Retirer des clients", "Ils ne seront relancés d'aucune façon.")
    form.choose("retirer_des_factures", invoices, "Retirer des factures", "Le client est relancé pour les autres.")
    form.choose("envoyer_aussi", offered, "Envoyer aussi par e-mail", ALSO_HELP)
    if any(line.apart for line in lines) and not trial:
        form.switch("editer_les_autres", "Éditer aussi les courriers", LETTERS_HELP)
    return _choice(lines, form.ask())


def _description(campaign: CampaignReference, lines: list[ShownReminder], plan_page: str, alert: str) -> str:
    apart = [line for line in lines if line.apart]
    stale = stale_balances(campaign.structures)
    notices = sum(line.level >= FORMAL_NOTICE for line in apart)
    return "\n\n".join(
        part
        for part in (
            f"**Mode courant : {mode_label(campaign)}**"
            + (f" · essai vers **{cell(campaign.redirected_to)}**" if campaign.redirected_to else ""),
            f"**{len(lines)} clients** à relancer, dont {len(lines) - len(apart)} par e-mail et {len(apart)} à part"
            + (f" ({notices} en mise en demeure)." if notices else "."),
            f"**ATTENTION** : {alert}" if alert else "",
            f"**ATTENTION** : {cell(stale)}" if stale else "",
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
