"""The review of reminders: a suspended run that shows who would be reminded, and waits for a person's choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from prefect.runtime import flow_run

from flows.forms import INITIALS, Form, ask_until_right
from models.rules.changes import Changed
from models.values.campaign import CampaignReference
from models.values.kinds import Channel
from models.values.reminder_paper import FORMAL_NOTICE
from tasks.campaigns.alerts import many_addresses_changed
from tasks.pages.changes import changed_words
from tasks.pages.rendering import cell
from tasks.relays.finding import Carriers
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.freshness import stale_balances
from tasks.reminders.plan_page import mode_label, publish_reminder_plan
from tasks.reminders.planning import MODES
from tasks.reminders.shown import ShownReminder, read_shown_reminders

FORM = "relecture"
MODE_HELP = "« courrier » : tout est édité sur papier."
ALSO_HELP = "Mises en demeure et adresses refusées : elles ne partent par e-mail que si vous le dites."
LETTERS_HELP = "En mode e-mail : les clients à part, sans adresse ou en mise en demeure, sont édités."


def ask(campaign: CampaignReference, carriers: Carriers, plan_page: str) -> None:
    """Suspend the run until a clerk has chosen and the choice is stored. The forms are made from the stored lines.

    When what was chosen changed since it was shown, the form comes again, says so, and holds what was answered.
    """
    ask_until_right(
        flow_run.get_id() or "",
        FORM,
        lambda: _form(campaign, plan_page),
        lambda typed, form: _store(campaign, carriers, plan_page, typed, form),
    )


def _store(
    campaign: CampaignReference, carriers: Carriers, plan_page: str, typed: Mapping[str, Any], form: int
) -> Form | None:
    seen = read_shown_reminders(campaign, form)
    changed = store_reminder_choice(campaign, _choice(campaign, seen, typed, form))
    if changed is None:
        return None
    publish_reminder_plan(campaign, carriers, changed)
    return _form(campaign, plan_page, _Answer(seen, typed), changed)


class _Answer:
    """What was typed in a form, by what it is about: the entries may read otherwise in the next one."""

    def __init__(self, seen: list[ShownReminder], typed: Mapping[str, Any]) -> None:
        self.initials = str(typed.get(INITIALS) or "").strip()
        self.mode = typed.get("mode")
        self.with_letters = bool(typed.get("editer_les_autres"))
        removed, added, left_out = (
            set(cast("list[str]", typed.get(field) or []))
            for field in ("retirer_des_clients", "envoyer_aussi", "retirer_des_factures")
        )
        self.removed = {line.document_id for line in seen if line.label in removed}
        self.added = {line.document_id for line in seen if line.label in added}
        self.left_out = {i.invoice_id for line in seen for i in line.invoices if i.label in left_out}


def _form(
    campaign: CampaignReference, plan_page: str, answer: _Answer | None = None, changed: Changed | None = None
) -> Form:
    lines = read_shown_reminders(campaign)
    held = answer or _Answer([], {})
    trial = bool(campaign.redirected_to)
    invoices = [invoice for line in lines for invoice in line.invoices]
    offered = [line for line in lines if line.apart and line.address]
    explanation = _description(campaign, lines, plan_page)
    form = Form(FORM).initials(
        f"{changed_words(changed, plan_page)}\n\n{explanation}" if changed else explanation, held.initials or None
    )
    if not trial:
        form.pick("mode", tuple(MODES), "Mode", held.mode or mode_label(campaign), MODE_HELP)
    form.choose(
        "retirer_des_clients",
        tuple(line.label for line in lines),
        "Retirer des clients",
        "Ils ne seront relancés d'aucune façon.",
        [line.label for line in lines if line.document_id in held.removed],
    )
    form.choose(
        "retirer_des_factures",
        tuple(invoice.label for invoice in invoices),
        "Retirer des factures",
        "Le client est relancé pour les autres.",
        [invoice.label for invoice in invoices if invoice.invoice_id in held.left_out],
    )
    form.choose(
        "envoyer_aussi",
        tuple(line.label for line in offered),
        "Envoyer aussi par e-mail",
        ALSO_HELP,
        [line.label for line in offered if line.document_id in held.added],
    )
    if any(line.apart for line in lines) and not trial:
        form.switch("editer_les_autres", "Éditer aussi les courriers", LETTERS_HELP, held=held.with_letters)
    return form


def _description(campaign: CampaignReference, lines: list[ShownReminder], plan_page: str) -> str:
    alert = many_addresses_changed(campaign)
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
            f"**ATTENTION** : {cell(alert)}" if alert else "",
            f"**ATTENTION** : {cell(stale)}" if stale else "",
            f"[Voir le tableau complet](/artifacts/artifact/{plan_page}) : adresses, factures, niveaux.",
            "Retirez ce qui ne doit pas partir, puis validez.",
        )
        if part
    )


def _choice(
    campaign: CampaignReference, lines: list[ShownReminder], typed: Mapping[str, Any], form: int
) -> ReminderChoice:
    answer = _Answer(lines, typed)
    mode = MODES[str(answer.mode or mode_label(campaign))]

    def channel(line: ShownReminder) -> Channel | None:
        if line.document_id in answer.removed:
            return None
        if mode is Channel.LETTER:
            return Channel.LETTER
        if not line.apart or line.document_id in answer.added:
            return Channel.EMAIL
        return Channel.LETTER if answer.with_letters else None

    chosen = {line.document_id: found for line in lines if (found := channel(line))}
    return ReminderChoice(chosen, frozenset(answer.left_out), answer.initials, mode, form)
