"""The checks of invoices: whose they are, and whether dates and amounts agree."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date, timedelta
from typing import Any

from tasks.documents import french
from tasks.entry.problems import Problem
from tasks.french.moments import paris_day
from tasks.imports.checking import known_codes
from tasks.imports.faults import Fault
from tasks.imports.invoice_states import ZERO, InvoiceState
from tasks.imports.rows import TableFile
from tasks.imports.stored import Files, Pair, Stored, pair_of

FURTHEST_ISSUE = timedelta(days=366)


def check_invoices(
    states: Mapping[Pair, InvoiceState], files: Files, stored: Stored, today: date
) -> tuple[list[Fault], list[str]]:
    """Every fault of the invoices by themselves, and the notes on what was left aside."""
    file = files["factures"]
    residents = known_codes(files["residents"], pair_of, stored.residents)
    clients = known_codes(files["clients"], pair_of, stored.clients)
    faults: list[Fault] = []
    periods_of_clients = 0
    for state in states.values():
        if state.row is not None:
            faults += _debtor_faults(file, state, residents, clients)
            if state.values.get("client_code") and not state.values.get("resident_code") and state.values.get("period"):
                periods_of_clients += 1
                state.values["period"] = None
            faults += _period_faults(file, state)
            faults += _date_faults(file, state, today)
            faults += _total_faults(file, state)
        faults += _sum_faults(files, state)
    notes = []
    if periods_of_clients:
        notes.append(f"{file.file} : la période des factures de clients est laissée de côté ({periods_of_clients}).")
    return faults, notes


def _debtor_faults(
    file: TableFile, state: InvoiceState, residents: Container[Any] | None, clients: Container[Any] | None
) -> list[Fault]:
    row = state.row
    assert row is not None
    if row.faulty & {"resident_code", "client_code"}:
        return []
    resident, client = state.values["resident_code"], state.values["client_code"]
    if resident and client:
        problem = Problem("la facture a un résident et un client", "l'un ou l'autre, jamais les deux")
        return [Fault.of(problem, file.file, row.line, "code_client")]
    if not resident and not client:
        problem = Problem("la facture n'a ni résident ni client", "un code_resident ou un code_client")
        return [Fault.of(problem, file.file, row.line, "code_resident")]
    structure = state.key[0]
    name, known, who = ("resident_code", residents, "résident") if resident else ("client_code", clients, "client")
    if known is None or (structure, resident or client) in known:
        return []
    problem = Problem(
        f"n'est pas le code d'un {who} connu de la structure {structure}",
        f"un code du fichier {who}s ou déjà enregistré".replace("résidents", "residents"),
    )
    return [file.fault(row, name, problem)]


def _period_faults(file: TableFile, state: InvoiceState) -> list[Fault]:
    row = state.row
    assert row is not None
    if not state.values.get("resident_code") or state.values.get("period") or "period" in row.faulty:
        return []
    problem = Problem("la facture d'un résident n'a pas de période", "AAAA-MM, comme 2024-09")
    return [Fault.of(problem, file.file, row.line, "periode")]


def _date_faults(file: TableFile, state: InvoiceState, today: date) -> list[Fault]:
    row = state.row
    assert row is not None
    issued, due = state.values.get("issued_on"), state.values.get("due_on")
    faults = []
    if issued and issued > today + FURTHEST_ISSUE:
        problem = Problem("est dans plus d'un an", "la date à laquelle la facture est faite")
        faults.append(file.fault(row, "issued_on", problem))
    if issued and due and due < issued:
        problem = Problem("précède la date de la facture", f"une date à partir du {paris_day(issued)}")
        faults.append(file.fault(row, "due_on" if row.values.get("due_on") else "issued_on", problem))
    return faults


def _total_faults(file: TableFile, state: InvoiceState) -> list[Fault]:
    row = state.row
    assert row is not None
    excl, vat, incl = (state.values.get(name) for name in ("total_excl_tax", "vat", "total_incl_tax"))
    if excl is None or vat is None or incl is None or excl + vat == incl:
        return []
    expected = f"HT + TVA = {french.amount(excl)} + {french.amount(vat)} = {french.amount(excl + vat)}"
    return [file.fault(row, "total_incl_tax", Problem("n'est pas la somme du HT et de la TVA", expected))]


def _sum_faults(files: Files, state: InvoiceState) -> list[Fault]:
    """The lines against the amount: at the invoice where the import has it, else at its first line."""
    total = state.values.get("total_excl_tax")
    if not state.lines or total is None:
        return []
    found = sum((line.amount for line in state.lines), ZERO)
    if found == total:
        return []
    if state.row is not None:
        problem = Problem(
            f"n'est pas la somme des lignes de la facture {state.key[1]}", f"{french.amount(found)}, ou d'autres lignes"
        )
        return [files["factures"].fault(state.row, "total_excl_tax", problem)]
    problem = Problem(
        f"a des lignes dont la somme est {french.amount(found)}", f"le montant HT de la facture, {french.amount(total)}"
    )
    return [files["lignes"].fault(state.line_rows[0], "number", problem)]
