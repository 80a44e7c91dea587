"""Making a file once: the file first, then its printing dates; and making a file that was lost again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert, select

from models.database.session import reading, writing
from models.tables.document import Printing
from models.values.ending import Ending, Refusal
from settings.load import Settings, load_settings
from tasks.kinds.settling import settle_all
from tasks.printing.batch import Batch
from tasks.printing.files import discard_unrecorded, one_at_a_time, write_durably
from tasks.printing.letters import Prepared, prepare, read_recorded
from tasks.printing.summary import heading, left_out_sentence, made, none_made, not_printed, shown_path

LATEST_SHOWN = 5


def print_once(flow_run_id: str, choose: Callable[[Settings], Batch | Refusal]) -> Ending:
    """Make the file of what ``choose`` finds, or end as it says. A run that is started again does it no second time.

    The printing dates, and which invoices the reminders turned out not to name, are noted in one transaction.
    """
    settings = load_settings()
    with one_at_a_time(settings.prints):
        return _print(settings, flow_run_id, choose)


def recorded_file(settings: Settings, flow_run_id: str) -> str:
    """The file that this run has made already; empty when there is none."""
    with reading(settings.database) as session:
        return session.scalars(select(Printing.file_name).where(Printing.flow_run_id == flow_run_id)).first() or ""


def _print(settings: Settings, flow_run_id: str, choose: Callable[[Settings], Batch | Refusal]) -> Ending:
    temporary = settings.prints / f".courriers-{flow_run_id}.pdf"
    name = recorded_file(settings, flow_run_id)
    if name:
        temporary.unlink(missing_ok=True)
        return _made_before(settings, name)
    discard_unrecorded(settings.prints, temporary)
    batch = choose(settings)
    if isinstance(batch, Refusal):
        return Ending(batch.sentence, failed=True)
    prepared = prepare(settings.archive, batch)
    if prepared.sheets:
        name = write_durably(settings, batch.names.stem, temporary, heading(batch, prepared.letters), prepared.sheets)
    _record(settings, flow_run_id, name, batch, prepared)
    if not name:
        return none_made(batch, prepared)
    temporary.unlink()
    return made(settings, name, batch, prepared)


def print_again(file_name: str) -> Ending:
    """Make a file that was lost again: the same documents, as the ledger has them today, and no date changes."""
    settings = load_settings()
    name = Path(file_name.strip()).name
    with reading(settings.database) as session:
        batch = read_recorded(session, name)
        latest = session.scalars(
            select(Printing.file_name).where(Printing.file_name != "").distinct().order_by(Printing.file_name.desc())
        ).fetchmany(LATEST_SHOWN)
    if batch is None:
        known = f" Les derniers : {', '.join(latest)}." if latest else ""
        return Ending(f"Aucun fichier de courriers ne s'appelle « {name} ».{known}", failed=True)
    with one_at_a_time(settings.prints):
        if (settings.prints / name).exists():
            return Ending(f"Le fichier {shown_path(settings, name)} existe toujours : il n'a pas été refait.")
        return _make_again(settings, name, batch)


def _made_before(settings: Settings, name: str) -> Ending:
    with reading(settings.database) as session:
        batch = read_recorded(session, name)
    assert batch is not None
    if not (settings.prints / name).exists():
        return _make_again(settings, name, batch)
    return made(settings, name, batch, Prepared(letters=list(batch.letters)))


def _make_again(settings: Settings, name: str, batch: Batch) -> Ending:
    """What a client has paid since is not claimed again, though the ledger keeps that it was."""
    prepared = prepare(settings.archive, batch)
    refused = f"Le fichier {shown_path(settings, name)} n'a pas été refait."
    if prepared.left_out:
        return Ending(f"{refused} {left_out_sentence(prepared.left_out)}", failed=True)
    if not prepared.sheets:
        return Ending(f"{refused} {not_printed(prepared)}")
    temporary = settings.prints / f".{name}"
    temporary.unlink(missing_ok=True)
    write_durably(settings, name.removesuffix(".pdf"), temporary, heading(batch, prepared.letters), prepared.sheets)
    temporary.unlink()
    return made(settings, name, batch, prepared, again=True)


def _record(settings: Settings, flow_run_id: str, name: str, batch: Batch, prepared: Prepared) -> None:
    rows = [
        {
            "document_id": letter.document_id,
            "version": letter.version,
            "printed_at": batch.printed_at,
            "file_name": name,
            "flow_run_id": flow_run_id,
        }
        for letter in prepared.letters
    ]
    with writing(settings.database) as session:
        if rows:
            session.execute(insert(Printing), rows)
        for letter in (*prepared.letters, *prepared.settled):
            if not letter.gone:
                batch.kind.note_dropped(session.connection(), letter.source)
        settle_all(session)
