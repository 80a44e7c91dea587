"""regler-les-relances: the form in which a clerk sets when an association reminds its clients, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field, create_model

from flows.forms import form_key, one_of, read_answers
from flows.review import PATIENCE_SECONDS
from tasks.french.labels import CHANNEL, REMINDER
from tasks.pages.rendering import cell
from tasks.reminders.policy import find_association, how_it_went, is_stored, store_policy
from tasks.reminders.policy_entry import (
    CHANNELS,
    DAYS,
    INITIALS,
    LAST_PART,
    LONGEST_INITIALS,
    MINIMUM,
    as_typed,
    read_policy_entry,
)

FORM = "regles-de-relance"


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    code = str((flow_run.get_parameters() or {}).get("association") or "").strip()
    return f"Règles de relance{f' · {code}' if code else ''}"


@flow(name="regler-les-relances", flow_run_name=run_name, persist_result=False)
def regler_les_relances(association: str = "") -> State[Any]:
    """Règle quand et comment une association relance ses clients : délais, canaux, solde minimum.

    Args:
        association: Le code de l'association. Vide : la seule qui existe.

    """
    found = find_association(association)
    if isinstance(found, str):
        return Failed(message=found)
    run = flow_run.get_id() or ""
    if not is_stored(run):
        answers = read_answers(run, FORM)
        if answers.typed is None:
            ask(answers.next_number, as_typed(found.terms), _explanation(found.name))
        entry = read_policy_entry(answers.typed)
        if entry.terms is None:
            ask(answers.next_number, answers.typed, _again(entry.faults))
        shown = read_policy_entry({**answers.shown, INITIALS: entry.initials}).terms
        store_policy(found.association_id, shown or found.terms, entry, run)
    return Completed(message=how_it_went(found.association_id, run))


def ask(number: int, values: Mapping[str, Any], description: str) -> NoReturn:
    """Suspend the run with a form that holds ``values``: it goes on from its first line when it was answered."""
    suspend_flow_run(wait_for_input=_form(values, description), key=form_key(FORM, number), timeout=PATIENCE_SECONDS)
    raise RuntimeError("a form that was never shown before suspends its run")


def _form(values: Mapping[str, Any], description: str) -> type[RunInput]:
    # The UI squeezes the description of a form as long as this one to nothing: it stands with the first field.
    about: dict[str, Any] = {
        "title": "Vos initiales",
        "description": description,
        "min_length": 1,
        "max_length": LONGEST_INITIALS,
    }
    fields: dict[str, object] = {INITIALS: (str, _field(values.get(INITIALS), **about))}
    for field in DAYS:
        fields[field.name] = (int, _field(values.get(field.name), title=field.title))
        if field.part == LAST_PART and field.level in CHANNELS:
            name = CHANNELS[field.level]
            title = f"{REMINDER[field.level].capitalize()} : canal habituel"
            fields[name] = (one_of(tuple(CHANNEL.values())), _field(values.get(name), title=title))
    fields[MINIMUM] = (
        str,
        _field(values.get(MINIMUM), title="Solde minimum, en euros", description="En dessous, pas de relance."),
    )
    return cast("type[RunInput]", create_model("ReglesDeRelance", __base__=RunInput, **fields))  # type: ignore[call-overload]


def _field(value: Any, **about: Any) -> Any:
    return Field(**about) if value is None else Field(default=value, **about)


def _explanation(name: str) -> str:
    return (
        f"Les règles d'aujourd'hui de **{cell(name)}**. Changez ce qui doit l'être, laissez le reste.\n\n"
        "La mise en demeure va par courrier, sauf si vous dites autrement à la relecture des relances."
    )


def _again(faults: Sequence[str]) -> str:
    # Prefect makes one line of lines that no blank line parts.
    listed = "\n\n".join(f"- {cell(fault)}" for fault in faults)
    return f"**Rien n'est enregistré.** À corriger :\n\n{listed}"
