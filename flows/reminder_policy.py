"""regler-les-relances: the form in which a clerk sets when an association reminds its clients, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.forms import INITIALS, Form, ask_until_right
from flows.naming import named, written
from models.values.ending import Ending, Refusal
from models.values.reminder_paper import LEVEL_NAMES
from tasks.french.labels import CHANNEL
from tasks.pages.rendering import cell
from tasks.reminders.policy import find_association, how_it_went, is_stored, store_policy
from tasks.reminders.policy_entry import (
    CHANNELS,
    DAYS,
    LAST_PART,
    MINIMUM,
    PolicyEntry,
    as_typed,
    read_policy_entry,
)

FORM = "regles-de-relance"


def _describe(asked: Mapping[str, Any]) -> str:
    code = written(asked, "association")
    return f"Règles de relance{f' · {code}' if code else ''}"


@flow(name="regler-les-relances", flow_run_name=named(_describe), persist_result=False)
def regler_les_relances(association: str = "") -> State[Any]:
    """Règle quand et comment une association relance ses clients : délais, canaux, solde minimum.

    Args:
        association: Le code de l'association. Vide : la seule qui existe.

    """
    found = find_association(association)
    if isinstance(found, Refusal):
        return ended(found)
    run = flow_run.get_id() or ""
    if not is_stored(run):
        held, entry = ask_until_right(
            run, FORM, lambda: _form(as_typed(found.terms), _explanation(found.name)), lambda typed, _: _read(typed)
        )
        shown = read_policy_entry({**held, INITIALS: entry.initials}).terms
        store_policy(found.association_id, shown or found.terms, entry, run)
    return ended(Ending(how_it_went(found.association_id, run)))


def _read(typed: Mapping[str, Any]) -> PolicyEntry | Form:
    entry = read_policy_entry(typed)
    return _form(typed, _again(entry.faults)) if entry.terms is None else entry


def _form(values: Mapping[str, Any], description: str) -> Form:
    form = Form(FORM).initials(description, values.get(INITIALS))
    for field in DAYS:
        form.number(field.name, field.title, values.get(field.name))
        if field.part == LAST_PART and field.level in CHANNELS:
            name = CHANNELS[field.level]
            title = f"{LEVEL_NAMES[field.level].capitalize()} : canal habituel"
            form.pick(name, tuple(CHANNEL.values()), title, values.get(name))
    return form.text(MINIMUM, "Solde minimum, en euros", values.get(MINIMUM), "En dessous, pas de relance.")


def _explanation(name: str) -> str:
    return (
        f"Les règles d'aujourd'hui de **{cell(name)}**. Changez ce qui doit l'être, laissez le reste.\n\n"
        "La mise en demeure va par courrier, sauf si vous dites autrement à la relecture des relances."
    )


def _again(faults: Sequence[str]) -> str:
    # Prefect makes one line of lines that no blank line parts.
    listed = "\n\n".join(f"- {cell(fault)}" for fault in faults)
    return f"**Rien n'est enregistré.** À corriger :\n\n{listed}"
