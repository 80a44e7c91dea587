"""codifier-une-structure: the form in which a clerk sets the sender and the texts of a structure."""

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
from tasks.entry.addresses import AddressFault
from tasks.pages.rendering import cell
from tasks.structures.codifying import (
    bad_trial_address,
    find_structure,
    finish,
    is_stored,
    publish_page,
    read_trial_address,
    store,
)
from tasks.structures.entry import INITIALS, LONGEST_INITIALS, read_entry
from tasks.structures.fields import FIELDS

FORM = "codification"
ACTION = "que_faire"
SAVE, LOOK = "Enregistrer", "Voir l'aperçu sans enregistrer"


def run_name() -> str:
    """What the list of runs shows; computed, because a template shows an empty parameter as None."""
    asked = flow_run.get_parameters() or {}
    code = str(asked.get("structure") or "").strip()
    return f"Codification{f' · {code}' if code else ''}" + (" · essai" if asked.get("essai_vers") else "")


@flow(name="codifier-une-structure", flow_run_name=run_name, persist_result=False)
def codifier_une_structure(structure: str = "", essai_vers: str = "") -> State[Any]:
    """Règle l'expéditeur et les textes des mails d'une structure, avec aperçu, essai et historique.

    Args:
        structure: Le code de la structure. Vide : la seule qui existe.
        essai_vers: Adresse qui reçoit, après l'enregistrement, un mail d'essai marqué [TEST]. Vide : pas d'essai.

    """
    sheet = find_structure(structure)
    if isinstance(sheet, str):
        return Failed(message=sheet)
    trial_to = read_trial_address(essai_vers)
    if isinstance(trial_to, AddressFault):
        return Failed(message=bad_trial_address(trial_to))
    run = flow_run.get_id() or ""
    if not is_stored(run):
        forms = read_answers(run, FORM)
        if forms.typed is None:
            ask(forms.next_number, sheet.values, "", _explanation(publish_page(sheet, saved=False), trial_to))
        entry = read_entry(forms.typed)
        if entry.faults or forms.typed.get(ACTION) == LOOK:
            page = publish_page(sheet.with_values(entry.values), saved=False)
            ask(forms.next_number, entry.values, entry.initials, _again(page, entry.faults))
        shown = {field.key: str(forms.shown.get(field.name, "")) for field in FIELDS}
        store(sheet.code, shown, entry, run, trial_to)
    done = finish(sheet.code, run)
    return (Failed if done.failed else Completed)(message=done.sentence)


def ask(number: int, values: Mapping[str, str], initials: str, description: str) -> NoReturn:
    """Suspend the run with a form that holds ``values``: it goes on from its first line when it was answered."""
    suspend_flow_run(
        wait_for_input=_form(values, initials, description), key=form_key(FORM, number), timeout=PATIENCE_SECONDS
    )
    raise RuntimeError("a form that was never shown before suspends its run")


def _form(values: Mapping[str, str], initials: str, description: str) -> type[RunInput]:
    # The UI squeezes the description of a form as long as this one to nothing: it stands with the first field.
    about_initials: dict[str, Any] = {
        "title": "Vos initiales",
        "description": description,
        "min_length": 1,
        "max_length": LONGEST_INITIALS,
    }
    fields: dict[str, object] = {
        INITIALS: (str, Field(default=initials, **about_initials) if initials else Field(**about_initials)),
        ACTION: (
            one_of((SAVE, LOOK)),
            Field(default=SAVE, title="Que faire ?", description="L'aperçu montre de nouveau ce formulaire."),
        ),
    }
    for field in FIELDS:
        about = Field(default=values[field.key], title=field.title, description=field.help or None)
        fields[field.name] = (str, about)
    return cast("type[RunInput]", create_model("Codification", __base__=RunInput, **fields))  # type: ignore[call-overload]


def _explanation(page: str, trial_to: str) -> str:
    trial = f"\n\nAprès l'enregistrement, un mail d'essai marqué [TEST] part vers **{trial_to}**." if trial_to else ""
    return (
        f"[Voir l'aperçu et l'historique](/artifacts/artifact/{page}) de ce qui est enregistré aujourd'hui.\n\n"
        f"Changez ce qui doit l'être, laissez le reste. Un champ de texte s'agrandit par son coin.{trial}"
    )


def _again(page: str, faults: Sequence[str]) -> str:
    see = f"[Voir l'aperçu](/artifacts/artifact/{page}) de ce que vous avez saisi."
    if not faults:
        return f"**Rien n'est encore enregistré.** {see}"
    # Prefect makes one line of lines that no blank line parts.
    listed = "\n\n".join(f"- {cell(fault)}" for fault in faults)
    return f"**Rien n'est enregistré.** {see} À corriger :\n\n{listed}"
