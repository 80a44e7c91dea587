"""Bringing the database to what a checked import says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from models.reading.invoice_sources import INVOICE_WORDING
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Association, Structure, Wording
from models.tables.people import Client, Guardian, Resident
from tasks.imports.associations import association_code
from tasks.imports.columns import Table
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.line_checks import content_of
from tasks.imports.report import Counts
from tasks.imports.rows import Row
from tasks.imports.stored import Files, Pair, Stored

REFERENCES = frozenset(
    {
        "structure_code",
        "association_name",
        "wording_subject",
        "wording_body",
        "guardian_code",
        "resident_code",
        "client_code",
        "pdf_name",
    }
)


def apply(
    session: Session,
    files: Files,
    stored: Stored,
    states: Mapping[Pair, InvoiceState],
) -> dict[str, Counts]:
    """Create and update; nothing is deleted but surplus lines of an invoice. The counts are by file.

    ``stored`` is completed with what is created, so that later rows find it.
    """
    counts = {name: Counts() for name, file in files.items() if file.rows}
    for row in files["structures"].rows:
        _count(counts["structures"], *_structure(session, files["structures"].table, row, stored))
    for row in files["tuteurs"].rows:
        code = row.values["code"]
        guardian = stored.guardians.get(code)
        before = guardian is not None
        if guardian is None:
            guardian = stored.guardians[code] = Guardian(code=code)
            session.add(guardian)
        _count(counts["tuteurs"], before, _assign(guardian, _plain(files["tuteurs"].table, row, before)))
    for row in files["residents"].rows:
        _count(counts["residents"], *_resident(session, files["residents"].table, row, stored))
    for row in files["clients"].rows:
        key = (row.values["structure_code"], row.values["code"])
        client = stored.clients.get(key)
        before = client is not None
        if client is None:
            client = stored.clients[key] = Client(structure=stored.structures[key[0]], code=key[1])
            session.add(client)
        _count(counts["clients"], before, _assign(client, _plain(files["clients"].table, row, before)))
    for key, state in states.items():
        _invoice(session, key, state, stored, counts)
    return counts


def _count(counts: Counts, before: bool, changed: bool) -> None:
    if not before:
        counts.created += 1
    elif changed:
        counts.updated += 1
    else:
        counts.unchanged += 1


def _plain(table: Table, row: Row, before: bool) -> dict[str, Any]:
    """The attributes that are stored as they are; a new row has the empty value where the file has no column."""
    values = {} if before else {column.attribute: column.empty for column in table.columns}
    return {name: value for name, value in (values | row.values).items() if name not in REFERENCES}


def _assign(stored: Any, values: Mapping[str, Any]) -> bool:
    """Set what differs, and tell whether anything did."""
    changed = False
    for name, value in values.items():
        if getattr(stored, name) != value:
            setattr(stored, name, value)
            changed = True
    return changed


def _structure(session: Session, table: Table, row: Row, stored: Stored) -> tuple[bool, bool]:
    code, name = row.values["code"], row.values["association_name"]
    association = stored.associations.get(association_code(name))
    if association is None:
        association = stored.associations[association_code(name)] = Association(code=association_code(name), name=name)
        session.add(association)
    changed = _assign(association, {"name": name})
    structure = stored.structures.get(code)
    before = structure is not None
    if structure is None:
        structure = stored.structures[code] = Structure(code=code)
        session.add(structure)
    changed |= _assign(structure, {"association": association, **_plain(table, row, before)})
    wording = next((found for found in structure.wordings if found.kind == INVOICE_WORDING), None)
    texts = {
        name: row.values[attribute]
        for name, attribute in (("subject", "wording_subject"), ("body", "wording_body"))
        if attribute in row.values
    }
    if wording is None and any(texts.values()):
        wording = Wording(kind=INVOICE_WORDING, subject="", body="")
        structure.wordings.append(wording)
    if wording is not None:
        changed |= _assign(wording, texts)
    return before, changed


def _resident(session: Session, table: Table, row: Row, stored: Stored) -> tuple[bool, bool]:
    key = (row.values["structure_code"], row.values["code"])
    resident = stored.residents.get(key)
    before = resident is not None
    if resident is None:
        resident = stored.residents[key] = Resident(structure=stored.structures[key[0]], code=key[1])
        session.add(resident)
    values = _plain(table, row, before)
    if "guardian_code" in row.values:
        guardian_code = row.values["guardian_code"]
        values["guardian"] = stored.guardians[guardian_code] if guardian_code else None
    return before, _assign(resident, values)


def _invoice(
    session: Session,
    key: Pair,
    state: InvoiceState,
    stored: Stored,
    counts: Mapping[str, Counts],
) -> None:
    invoice = state.stored
    before = invoice is not None
    if invoice is None:
        invoice = Invoice(structure=stored.structures[key[0]], number=key[1])
        session.add(invoice)
    row = state.row
    if row is not None:
        values = {name: value for name, value in state.values.items() if name not in REFERENCES}
        resident, client = state.values["resident_code"], state.values["client_code"]
        values["resident"] = stored.residents[(key[0], resident)] if resident else None
        values["client"] = stored.clients[(key[0], client)] if client else None
        _count(counts["factures"], before, _assign(invoice, values))
    if state.line_rows:
        _lines(invoice, state, counts["lignes"])


def _lines(invoice: Invoice, state: InvoiceState, counts: Counts) -> None:
    """Replace the lines as a whole: in place, because (invoice, position) is unique at every moment."""
    assert state.lines is not None
    before = content_of(invoice)
    for position, line in enumerate(state.lines):
        if position < len(before):
            known = before[position] == line
            _count(counts, True, not known)
            if known:
                continue
            stored = invoice.lines[position]
        else:
            _count(counts, False, True)
            stored = InvoiceLine(position=position)
            invoice.lines.append(stored)
        stored.label, stored.quantity = line.label, line.quantity
        stored.unit_price, stored.amount = line.unit_price, line.amount
    if len(before) > len(state.lines):
        counts.updated += len(before) - len(state.lines)
    del invoice.lines[len(state.lines) :]
