"""The settings and texts of a structure: read for the form, checked, stored with their history, shown and tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.database.clock import utc_now
from models.database.session import writing
from models.values.ending import Ending, Refusal
from models.values.kinds import TrialState
from models.values.moments import PARIS
from settings.ledger import reading_ledger, writing_ledger
from settings.load import load_settings
from tasks.entry.addresses import AddressFault, check_address
from tasks.entry.problems import visible
from tasks.pages import publishing
from tasks.structures.entry import Entry
from tasks.structures.fields import BY_KEY
from tasks.structures.page import structure_page
from tasks.structures.storing import (
    Sheet,
    changes_of_run,
    changes_of_structure,
    find_code,
    is_saved,
    read_sheet,
    save,
    trial_of_run,
    trials_of_structure,
)
from tasks.structures.trial import TrialOutcome, send_trial

HISTORY_LINES = 50
MAYBE_TWICE = "Un essai interrompu est peut-être déjà arrivé à cette adresse."

_NO_STRUCTURE = "Aucune structure n'est enregistrée : importez d'abord les données avec « importer-les-donnees »."
_WHICH = "Indiquez dans « structure » l'un de ces codes : {codes}."
_UNKNOWN = "Aucune structure n'a le code « {written} ». " + _WHICH
_BAD_ADDRESS = "« essai_vers » : {fault}. Rien n'a été changé."


def find_structure(written: str) -> Sheet | Refusal:
    """The structure that a clerk named, as it is set now."""
    with reading_ledger() as session:
        found = find_code(session, written)
        if isinstance(found, str):
            return read_sheet(session, found)
    if found is None:
        return Refusal(_NO_STRUCTURE)
    codes = ", ".join(found)
    unknown = _UNKNOWN.format(written=visible(written), codes=codes)
    return Refusal(unknown if written.strip() else _WHICH.format(codes=codes))


def read_trial_address(written: str) -> str | Refusal:
    """The address of a trial as it is sent to; empty when none is asked for."""
    checked = check_address(written) if written.strip() else ""
    return Refusal(_BAD_ADDRESS.format(fault=checked)) if isinstance(checked, AddressFault) else checked


def is_stored(flow_run_id: str) -> bool:
    """Whether this run has stored its answer: then it asks nothing any more."""
    with reading_ledger() as session:
        return is_saved(session, flow_run_id)


def store(code: str, shown: Mapping[str, str], entry: Entry, flow_run_id: str, trial_to: str) -> None:
    """Store what was changed in the form, in one transaction; what was left as it was shown stays as it is now."""
    changes = {key: value for key, value in entry.values.items() if value != shown.get(key)}
    with writing_ledger() as session:
        save(session, code, changes, entry.initials, flow_run_id, utc_now(), trial_to)


def publish_page(sheet: Sheet, *, saved: bool, outcome: str = "") -> str:
    """Publish how the structure's mails look, and the history of its changes; the page's id."""
    now = utc_now()
    with reading_ledger() as session:
        changes = changes_of_structure(session, sheet.code, HISTORY_LINES)
        trials = trials_of_structure(session, sheet.code, HISTORY_LINES)
        markdown = structure_page(sheet, changes, trials, now.astimezone(PARIS).date(), saved=saved, outcome=outcome)
    key = "structure-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in sheet.code.lower())
    description = f"{sheet.name} : expéditeur, textes et historique"
    return str(publishing.publish_page(key, description, markdown))


def finish(code: str, flow_run_id: str) -> Ending:
    """Send the trial that was asked for and has not been accepted yet, publish the page, and say what was done."""
    with reading_ledger() as session:
        sheet = read_sheet(session, code)
    outcome = run_trial(sheet, flow_run_id)
    publish_page(sheet, saved=True, outcome=outcome.sentence if outcome else "")
    sentence = changed(code, flow_run_id) + (f" Essai {outcome.sentence}" if outcome else "")
    return Ending(sentence, failed=outcome is not None and outcome.state is not TrialState.ACCEPTED)


def changed(code: str, flow_run_id: str) -> str:
    """What a run changed, by whom, in one French sentence."""
    with reading_ledger() as session:
        noted = changes_of_run(session, flow_run_id)
    if not noted:
        return f"{code} : aucun changement."
    titles = ", ".join(BY_KEY[change.field].title for change in noted if change.field in BY_KEY)
    counted = "1 réglage changé" if len(noted) == 1 else f"{len(noted)} réglages changés"
    return f"{code} : {counted} par {noted[0].initials} ({titles})."


def run_trial(sheet: Sheet, flow_run_id: str) -> TrialOutcome | None:
    """Send the trial of a run unless it was accepted before; None when the run asks for none."""
    settings = load_settings()
    with writing(settings.database) as session:
        trial = trial_of_run(session, flow_run_id)
        if trial is None:
            return None
        if trial.state == TrialState.ACCEPTED:
            return TrialOutcome(TrialState.ACCEPTED, trial.sentence)
        address, interrupted = trial.address, trial.state == TrialState.BEGUN
        trial.state, trial.sentence = TrialState.BEGUN, ""
    outcome = send_trial(sheet, address, flow_run_id, settings, utc_now())
    if interrupted:
        outcome = replace(outcome, sentence=f"{outcome.sentence} {MAYBE_TWICE}")
    with writing(settings.database) as session:
        trial = trial_of_run(session, flow_run_id)
        assert trial is not None
        trial.state, trial.sentence = outcome.state, outcome.sentence
    return outcome
