"""The review: a suspended run that shows what would leave, and waits for a person's choice."""

from __future__ import annotations

from typing import cast

from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field, create_model

from flows.forms import initials_entry, one_of
from models.values.campaign import CampaignReference
from tasks.invoices.choosing import Choice
from tasks.invoices.shown import ShownLine, read_shown_lines

PATIENCE_SECONDS = 14 * 24 * 3600


def ask(campaign: CampaignReference, plan_page: str) -> Choice:
    """Suspend the run until a clerk has chosen, and return the choice. The form is made from the stored lines."""
    lines = read_shown_lines(campaign)
    form = _form(lines, _description(campaign, lines, plan_page))
    answer = suspend_flow_run(wait_for_input=form, key="relecture", timeout=PATIENCE_SECONDS)
    return _choice(lines, cast("dict[str, object]", answer.model_dump()))


def _form(lines: list[ShownLine], explanation: str) -> type[RunInput]:
    fields: dict[str, object] = {"vos_initiales": initials_entry(explanation)}
    selected = tuple(line.label for line in lines if line.preselected)
    others = tuple(line.label for line in lines if not line.preselected and line.offered)
    if selected:
        fields["retirer"] = (
            list[one_of(selected)],  # type: ignore[misc]
            Field(default=[], title="Retirer de cet envoi", description="Laissez vide pour tout envoyer."),
        )
    if others:
        fields["ajouter"] = (
            list[one_of(others)],  # type: ignore[misc]
            Field(
                default=[],
                title="Ajouter à cet envoi",
                description="Déjà envoyées ou en échec : elles partiront une nouvelle fois.",
            ),
        )
        fields["motif"] = (
            str,
            Field(default="", title="Motif du nouvel envoi", description="Gardé dans l'historique."),
        )
    return cast("type[RunInput]", create_model("Relecture", __base__=RunInput, **fields))  # type: ignore[call-overload]


def _description(campaign: CampaignReference, lines: list[ShownLine], plan_page: str) -> str:
    selected = [line for line in lines if line.preselected]
    addresses = sum(line.addresses for line in selected)
    where = f"vers **{campaign.redirected_to}** (essai)" if campaign.redirected_to else f"vers **{addresses} adresses**"
    return (
        f"**{len(selected)} factures** prêtes à partir {where}, sur {len(lines)} qui ont une adresse.\n\n"
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
    return Choice(chosen, initials, reason if added else "")
