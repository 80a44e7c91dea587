"""The checks of invoices: whose they are, whether their amounts add up, and that what was sent does not change."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models.invoice import Invoice
from tasks.documents import french
from tasks.imports.checking import known_codes
from tasks.imports.faults import Fault, Problem
from tasks.imports.line_checks import LineContent, content_of
from tasks.imports.rows import Row, TableFile
from tasks.imports.stored import Files, Pair, Stored, pair_of
from tasks.moments import paris_day

FURTHEST_ISSUE = timedelta(days=366)
ZERO = Decimal("0.00")

# What an invoice that was sent says: none of it may change. The balance, the dispute, the due date may.
FIXED_ATTRIBUTES = (
    "resident_code",
    "client_code",
    "period",
    "issued_on",
    "total_excl_tax",
    "vat",
    "total_incl_tax",
)
_SAID = {
    "resident_code": "résident",
    "client_code": "client",
    "period": "période",
    "issued_on": "date",
    "total_excl_tax": "montant HT",
    "vat": "TVA",
    "total_incl_tax": "montant TTC",
}


@dataclass(slots=True)
class InvoiceState:
    """An invoice as it will stand after the import: what the file says, what it leaves alone, and its lines.

    ``values`` lacks an attribute whose cell could not be read. ``lines`` are those of the import, else those stored;
    None when one of them could not be read.
    """

    key: Pair
    row: Row | None
    stored: Invoice | None
    values: dict[str, Any] = field(default_factory=dict)
    lines: tuple[LineContent, ...] | None = ()
    line_rows: list[Row] = field(default_factory=list)

    def keep_stored_lines(self) -> None:
        """An import without a line for this invoice leaves its lines alone."""
        if not self.line_rows and self.stored is not None:
            self.lines = content_of(self.stored)

    @property
    def changed(self) -> list[str]:
        """The fixed attributes that differ from what is stored."""
        if self.stored is None:
            return []
        before = stored_values(self.stored)
        return [name for name in FIXED_ATTRIBUTES if name in self.values and self.values[name] != before[name]]

    @property
    def lines_changed(self) -> bool:
        return (
            self.stored is not None
            and bool(self.line_rows)
            and self.lines is not None
            and self.lines != content_of(self.stored)
        )


def stored_values(invoice: Invoice) -> dict[str, Any]:
    """The attributes of a stored invoice as a file would give them."""
    return {
        "resident_code": invoice.resident.code if invoice.resident else "",
        "client_code": invoice.client.code if invoice.client else "",
        "period": invoice.period,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "total_excl_tax": invoice.total_excl_tax,
        "vat": invoice.vat,
        "total_incl_tax": invoice.total_incl_tax,
        "balance": invoice.balance,
        "pdf_key": invoice.pdf_key,
        "imported_printed_on": invoice.imported_printed_on,
        "disputed": invoice.disputed,
    }


def new_values() -> dict[str, Any]:
    """What a new invoice has where its file has no column."""
    return {
        "resident_code": "",
        "client_code": "",
        "period": None,
        "due_on": None,
        "vat": ZERO,
        "balance": None,
        "pdf_key": "",
        "imported_printed_on": None,
        "disputed": False,
    }


def merge(key: Pair, row: Row | None, stored: Invoice | None) -> InvoiceState:
    """The invoice after the import, its lines aside. An absent column changes nothing but the other debtor."""
    values = stored_values(stored) if stored else new_values()
    if row is not None:
        all_unpaid = stored is None or stored.balance == stored.total_incl_tax
        values |= {name: value for name, value in row.values.items() if name not in {"structure_code", "number"}}
        values.pop("pdf_name", None)
        for name in row.faulty:
            values.pop(name, None)
        for name, other in (("resident_code", "client_code"), ("client_code", "resident_code")):
            if row.values.get(name) and other not in row.values:
                values[other] = ""
        balance_given = "balance" in row.values or "balance" in row.faulty
        if values.get("balance", ZERO) is None or (all_unpaid and not balance_given):
            values["balance"] = values.get("total_incl_tax")
    return InvoiceState(key, row, stored, values)


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
