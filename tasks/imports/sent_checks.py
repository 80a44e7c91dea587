"""The check that an invoice which has left keeps saying what it said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.documents import french
from tasks.entry.problems import Problem
from tasks.french.moments import paris_day
from tasks.imports.faults import Fault
from tasks.imports.invoice_states import InvoiceState, stored_values
from tasks.imports.line_checks import content_of
from tasks.imports.rows import TableFile
from tasks.imports.stored import Files, Pair

_SAID = {
    "resident_code": "résident",
    "client_code": "client",
    "period": "période",
    "issued_on": "date",
    "total_excl_tax": "montant HT",
    "vat": "TVA",
    "total_incl_tax": "montant TTC",
}


def check_sent(states: Mapping[Pair, InvoiceState], files: Files, reasons: Mapping[int, str]) -> list[Fault]:
    """Every change of an invoice that was already sent; ``reasons`` are of ``read_sent``."""
    faults: list[Fault] = []
    for state in states.values():
        reason = reasons.get(state.stored.id) if state.stored else None
        if reason is None or state.stored is None:
            continue
        before = stored_values(state.stored)
        said = f"la facture {state.key[1]} {reason}"
        for name in state.changed:
            assert state.row is not None
            if name == "pdf_key":
                faults.append(_pdf_change(files["factures"], state, said))
                continue
            kept = _say(before[name])
            column = files["factures"].table.column(name).name
            faults.append(
                Fault(
                    files["factures"].file,
                    state.row.line,
                    column,
                    state.row.written.get(name, "").strip(),
                    f"{_SAID[name]} inchangé : {kept or 'vide'}",
                    f"ne peut plus remplacer « {kept} » : {said}" if state.row.written.get(name, "").strip() else said,
                )
            )
        if state.lines_changed:
            faults.append(_line_change(files["lignes"], state, said))
    return faults


def _pdf_change(file: TableFile, state: InvoiceState, said: str) -> Fault:
    assert state.row is not None
    assert state.stored is not None
    kept = "le même PDF qu'alors, octet pour octet" if state.stored.pdf_key else "aucun PDF : Facteur l'a dessinée"
    expected = f"{kept}, ou un fichier sans cette facture"
    if not state.row.values["pdf_name"]:
        return Fault.of(
            Problem(f"le PDF ne peut plus être retiré : {said}", expected), file.file, state.row.line, "fichier_pdf"
        )
    return file.fault(state.row, "pdf_name", Problem(f"ne peut plus remplacer ce qui est parti : {said}", expected))


def _line_change(file: TableFile, state: InvoiceState, said: str) -> Fault:
    assert state.stored is not None
    assert state.lines is not None
    before = content_of(state.stored)
    pairs = zip(state.lines, [*before, *[None] * len(state.lines)], strict=False)
    position = next((i for i, (new, old) in enumerate(pairs) if new != old), len(state.line_rows) - 1)
    expected = f"les {len(before)} lignes déjà envoyées, inchangées"
    return file.fault(
        state.line_rows[position], "number", Problem(f"ne peut plus changer de lignes : {said}", expected)
    )


def _say(value: Any) -> str:
    match value:
        case Decimal():
            return french.amount(value)
        case date():
            return paris_day(value)
        case None:
            return ""
    return str(value)
