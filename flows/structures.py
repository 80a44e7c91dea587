"""codifier-une-structure: the form in which a clerk sets the sender and the texts of a structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.forms import Form, ask_until_right
from flows.naming import named, trial, written
from models.values.ending import Refusal
from tasks.pages.rendering import cell
from tasks.structures.codifying import find_structure, finish, is_stored, publish_page, read_trial_address, store
from tasks.structures.entry import Entry, read_entry
from tasks.structures.fields import FIELDS
from tasks.structures.storing import Sheet

FORM = "codification"
ACTION = "que_faire"
SAVE, LOOK = "Enregistrer", "Voir l'aperçu sans enregistrer"


def _describe(asked: Mapping[str, Any]) -> str:
    code = written(asked, "structure")
    return f"Codification{f' · {code}' if code else ''}{trial(asked, 'essai_vers')}"


@flow(name="codifier-une-structure", flow_run_name=named(_describe), persist_result=False)
def codifier_une_structure(structure: str = "", essai_vers: str = "") -> State[Any]:
    """Règle l'expéditeur et les textes des mails d'une structure, avec aperçu, essai et historique.

    Args:
        structure: Le code de la structure. Vide : la seule qui existe.
        essai_vers: Adresse qui reçoit, après l'enregistrement, un mail d'essai marqué [TEST]. Vide : pas d'essai.

    """
    sheet = find_structure(structure)
    if isinstance(sheet, Refusal):
        return ended(sheet)
    trial_to = read_trial_address(essai_vers)
    if isinstance(trial_to, Refusal):
        return ended(trial_to)
    run = flow_run.get_id() or ""
    if not is_stored(run):
        held, entry = ask_until_right(run, FORM, lambda: _first(sheet, trial_to), lambda typed, _: _read(sheet, typed))
        shown = {field.key: str(held.get(field.name, "")) for field in FIELDS}
        store(sheet.code, shown, entry, run, trial_to)
    return ended(finish(sheet.code, run))


def _first(sheet: Sheet, trial_to: str) -> Form:
    return _form(sheet.values, "", _explanation(publish_page(sheet, saved=False), trial_to))


def _read(sheet: Sheet, typed: Mapping[str, Any]) -> Entry | Form:
    entry = read_entry(typed)
    if not entry.faults and typed.get(ACTION) != LOOK:
        return entry
    page = publish_page(sheet.with_values(entry.values), saved=False)
    return _form(entry.values, entry.initials, _again(page, entry.faults))


def _form(values: Mapping[str, str], initials: str, description: str) -> Form:
    form = Form(FORM).initials(description, initials)
    form.pick(ACTION, (SAVE, LOOK), "Que faire ?", SAVE, "L'aperçu montre de nouveau ce formulaire.")
    for field in FIELDS:
        form.text(field.name, field.title, values[field.key], field.help)
    return form


def _explanation(page: str, trial_to: str) -> str:
    trial = (
        f"\n\nAprès l'enregistrement, un mail d'essai marqué [TEST] part vers **{cell(trial_to)}**." if trial_to else ""
    )
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
