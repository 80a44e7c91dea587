"""The review: a suspended run that shows what would leave, and waits for a person's choice."""

from __future__ import annotations

from typing import cast

from flows.forms import Form
from models.values.campaign import CampaignReference
from tasks.kinds.registry import kind_named
from tasks.monthly.choosing import Choice
from tasks.monthly.shown import ShownLine, read_shown_lines
from tasks.pages.rendering import cell

AGAIN_HELP = "Déjà envoyées ou en échec : elles partiront une nouvelle fois."


ONLY_FAILED_HELP = "Pour les factures ajoutées : ceux qui ont déjà reçu la leur ne la reçoivent pas une seconde fois."


def ask(campaign: CampaignReference, plan_page: str, alert: str = "") -> Choice:
    """Suspend the run until a clerk has chosen, and return the choice. The form is made from the stored lines.

    ``alert`` says in French what she has to look at before anything else.
    """
    lines = read_shown_lines(campaign)
    selected = tuple(line.label for line in lines if line.preselected)
    others = tuple(line.label for line in lines if not line.preselected and line.offered)
    form = (
        Form("relecture")
        .initials(_description(campaign, lines, plan_page, alert))
        .choose("retirer", selected, "Retirer de cet envoi", "Laissez vide pour tout envoyer.")
        .choose(
            "ajouter", others, "Ajouter à cet envoi", "Déjà envoyées ou en échec : elles partiront une nouvelle fois."
        )
    )
    if others:
        form.switch("adresses_en_echec", "Seulement les adresses en échec", ONLY_FAILED_HELP, held=True)
        form.text("motif", "Motif du nouvel envoi", help="Gardé dans l'historique.")
    return _choice(lines, form.ask())


def _description(campaign: CampaignReference, lines: list[ShownLine], plan_page: str, alert: str) -> str:
    kind = kind_named(campaign.kind)
    selected = [line for line in lines if line.preselected]
    addresses = sum(line.addresses for line in selected)
    where = (
        f"vers **{cell(campaign.redirected_to)}** (essai)"
        if campaign.redirected_to
        else f"vers **{addresses} adresses**"
    )
    warning = f"**ATTENTION** : {alert}\n\n" if alert else ""
    return (
        f"{warning}**{len(selected)} {kind.many}** prêtes à partir {where}, sur {len(lines)} qui ont une adresse.\n\n"
        f"[Voir le tableau complet](/artifacts/artifact/{plan_page}) : montants, adresses, derniers envois.\n\n"
        "Retirez ce qui ne doit pas partir, puis validez : le reste de la sélection sera envoyé."
    )


def _choice(lines: list[ShownLine], answer: dict[str, object]) -> Choice:
    removed = set(cast("list[str]", answer.get("retirer") or []))
    added = set(cast("list[str]", answer.get("ajouter") or []))
    chosen = frozenset(
        line.document_id
        for line in lines
        if (line.preselected and line.label not in removed) or (not line.preselected and line.label in added)
    )
    initials = str(answer.get("vos_initiales") or "").strip()
    reason = " ".join(str(answer.get("motif") or "").split())[:300]
    if added and not reason:
        reason = f"ajouté à la relecture par {initials}"
    return Choice(chosen, initials, reason if added else "", only_failed=bool(answer.get("adresses_en_echec", False)))
