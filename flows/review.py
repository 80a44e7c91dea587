"""The review: a suspended run that shows what would leave, and waits for a person's choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from prefect.runtime import flow_run

from flows.forms import INITIALS, Form, ask_until_right
from models.rules.changes import Changed
from models.values.campaign import CampaignReference
from tasks.campaigns.alerts import many_addresses_changed
from tasks.french.numbers import counted
from tasks.kinds.registry import kind_named
from tasks.monthly.choosing import Choice, store_choice
from tasks.monthly.plan_page import publish_plan
from tasks.monthly.shown import ShownLine, read_shown_lines
from tasks.pages.changes import changed_words
from tasks.pages.rendering import cell
from tasks.relays.finding import Carriers

FORM = "relecture"
REMOVE_HELP = "Laissez vide pour tout envoyer."
AGAIN_HELP = "Déjà envoyées ou en échec : elles partiront une nouvelle fois."
ONLY_FAILED_HELP = "Pour les factures ajoutées : ceux qui ont déjà reçu la leur ne la reçoivent pas une seconde fois."


def ask(campaign: CampaignReference, carriers: Carriers, plan_page: str) -> None:
    """Suspend the run until a clerk has chosen and the choice is stored. The forms are made from the stored lines.

    When what was chosen changed since it was shown, the form comes again, says so, and holds what was answered.
    """
    ask_until_right(
        flow_run.get_id() or "",
        FORM,
        lambda: _form(campaign, plan_page, read_shown_lines(campaign)),
        lambda typed, form: _store(campaign, carriers, plan_page, typed, form),
    )


def _store(
    campaign: CampaignReference, carriers: Carriers, plan_page: str, typed: Mapping[str, Any], form: int
) -> Form | None:
    seen = read_shown_lines(campaign, form)
    choice = _choice(seen, typed, form)
    changed = store_choice(campaign, choice)
    if changed is None:
        return None
    publish_plan(campaign, carriers, changed)
    preselected = {line.document_id for line in seen if line.preselected}
    return _form(
        campaign,
        plan_page,
        read_shown_lines(campaign),
        typed,
        removed=preselected - choice.document_ids,
        added=choice.document_ids - preselected,
        changed=changed,
    )


def _form(
    campaign: CampaignReference,
    plan_page: str,
    lines: list[ShownLine],
    typed: Mapping[str, Any] | None = None,
    *,
    removed: frozenset[int] | set[int] = frozenset(),
    added: frozenset[int] | set[int] = frozenset(),
    changed: Changed | None = None,
) -> Form:
    typed = typed or {}
    selected = [line for line in lines if line.preselected]
    others = [line for line in lines if not line.preselected and line.offered]
    explanation = _description(campaign, lines, plan_page)
    if changed is not None:
        explanation = f"{changed_words(changed, plan_page)}\n\n{explanation}"
    form = (
        Form(FORM)
        .initials(explanation, typed.get(INITIALS))
        .choose("retirer", _labels(selected), "Retirer de cet envoi", REMOVE_HELP, _labels(selected, removed))
        .choose("ajouter", _labels(others), "Ajouter à cet envoi", AGAIN_HELP, _labels(others, added))
    )
    if others:
        held = bool(typed.get("adresses_en_echec", not typed))
        form.switch("adresses_en_echec", "Seulement les adresses en échec", ONLY_FAILED_HELP, held=held)
        form.text("motif", "Motif du nouvel envoi", str(typed.get("motif") or ""), "Gardé dans l'historique.")
    return form


def _labels(lines: list[ShownLine], documents: frozenset[int] | set[int] | None = None) -> tuple[str, ...]:
    return tuple(line.label for line in lines if documents is None or line.document_id in documents)


def _description(campaign: CampaignReference, lines: list[ShownLine], plan_page: str) -> str:
    alert = many_addresses_changed(campaign)
    kind = kind_named(campaign.kind)
    selected = [line for line in lines if line.preselected]
    mailable = sum(line.addresses > 0 for line in lines)
    messages = sum(line.messages for line in selected)
    where = (
        f"vers **{cell(campaign.redirected_to)}** (essai)"
        if campaign.redirected_to
        else f"vers **{counted(messages, 'adresse')}**"
    )
    warning = f"**ATTENTION** : {cell(alert)}\n\n" if alert else ""
    return (
        f"{warning}**{len(selected)} {kind.many}** prêtes à partir {where}, sur {mailable} qui ont une adresse.\n\n"
        f"[Voir le tableau complet](/artifacts/artifact/{plan_page}) : montants, adresses, derniers envois.\n\n"
        "Retirez ce qui ne doit pas partir, puis validez : le reste de la sélection sera envoyé."
    )


def _choice(lines: list[ShownLine], answer: Mapping[str, Any], form: int) -> Choice:
    removed = set(cast("list[str]", answer.get("retirer") or []))
    added = set(cast("list[str]", answer.get("ajouter") or []))
    chosen = frozenset(
        line.document_id
        for line in lines
        if (line.preselected and line.label not in removed)
        or (not line.preselected and line.offered and line.label in added)
    )
    initials = str(answer.get(INITIALS) or "").strip()
    reason = " ".join(str(answer.get("motif") or "").split())[:300]
    if added and not reason:
        reason = f"ajouté à la relecture par {initials}"
    only_failed = bool(answer.get("adresses_en_echec", False))
    return Choice(chosen, initials, reason if added else "", only_failed, form)
