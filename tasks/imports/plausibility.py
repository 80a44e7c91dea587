"""Whether an import is likely, beyond being right: remarks that never refuse it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models.values.moments import PARIS
from models.values.period import Period
from tasks.documents import french
from tasks.entry.problems import visible
from tasks.french.moments import paris_day
from tasks.french.numbers import counted
from tasks.imports.bills import people, read_bills
from tasks.imports.doubtful_text import damage, lost_letters, meant_domain
from tasks.imports.invoice_pdfs import CheckedPdf
from tasks.imports.invoice_states import ZERO, InvoiceState
from tasks.imports.month_remarks import month_remarks
from tasks.imports.pdf_remarks import client_names, pdf_remarks
from tasks.imports.remarks import Doubt, Remark, in_order
from tasks.imports.rows import Row, TableFile
from tasks.imports.sent import read_sent
from tasks.imports.stored import Files, Pair, Stored

LONG_AGO = timedelta(days=10 * 366)
LONGEST_TERM = timedelta(days=5 * 366)
LONGEST_MONTHS = 12
EXAMPLES = 5

_ADDRESSES = ("email", "sender_email", "reply_to")
_NAMES = frozenset({"last_name", "first_name", "name", "association_name", "organisation", "city", "street"})


def find_remarks(
    session: Session,
    files: Files,
    stored: Stored,
    states: Mapping[Pair, InvoiceState],
    pdfs: Mapping[int, CheckedPdf],
    now: datetime,
) -> tuple[Remark, ...]:
    """Every doubt about an import without faults."""
    file = files["factures"]
    today = now.astimezone(PARIS).date()
    persons = people(files, stored)

    def gone(invoice_id: int) -> str:
        return read_sent(session, [invoice_id], now).get(invoice_id, "")

    found = month_remarks(file.file, read_bills(session, states), persons, gone)
    for key, state in states.items():
        if state.row is not None:
            place = f"{file.file}, ligne {state.row.line} : {key[1]}"
            found += _balance(place, state)
            found += [Remark(Doubt.DATE, f"{place} : {clause}.") for clause in _dates(state, today)[:1]]
    found += pdf_remarks(file, states, pdfs, persons, client_names(files, stored))
    for table in files.values():
        found += _domains(table)
        found += _letters(table)
    return in_order(found)


def _balance(place: str, state: InvoiceState) -> Iterator[Remark]:
    total, balance = state.values["total_incl_tax"], state.values["balance"]
    assert state.row is not None
    if not state.row.values.get("balance"):
        return
    if min(ZERO, total) <= balance <= max(ZERO, total):
        return
    beyond = (
        "négatif" if total >= 0 and balance < 0 else "d'un avoir, positif" if total < 0 < balance else "plus que le TTC"
    )
    sentence = f"{place} : le reste à payer, {french.amount(balance)}, est {beyond} (TTC : {french.amount(total)})."
    yield Remark(Doubt.BALANCE, sentence)


def _dates(state: InvoiceState, today: date) -> list[str]:
    """What is odd about the dates of an invoice, the first cause first."""
    issued, due, printed = (state.values[name] for name in ("issued_on", "due_on", "imported_printed_on"))
    period = Period.parse(state.values["period"]) if state.values["period"] else None
    on = paris_day(issued)
    odd = []
    if today - issued > LONG_AGO:
        odd.append(f"la facture est du {on}, il y a plus de dix ans")
    if due and due - issued > LONGEST_TERM:
        odd.append(f"l'échéance, {paris_day(due)}, est plus de cinq ans après le {on}")
    if printed and abs(printed - issued) > LONG_AGO:
        odd.append(f"la date d'édition, {paris_day(printed)}, est loin du {on}")
    if period and abs((period.year - issued.year) * 12 + period.month - issued.month) > LONGEST_MONTHS:
        odd.append(f"la période, {period}, est à plus d'un an de la date de la facture, {on}")
    return odd


def _domains(table: TableFile) -> Iterator[Remark]:
    for row in table.rows:
        for attribute in _ADDRESSES:
            address = row.values.get(attribute)
            if address and (meant := meant_domain(address)):
                column = table.table.column(attribute).name
                sentence = f"{table.file}, ligne {row.line}, colonne {column} : « {address} » : est-ce {meant} ?"
                yield Remark(Doubt.DOMAIN, sentence)


def _letters(table: TableFile) -> Iterator[Remark]:
    """One remark for all cells of a file that were damaged in the same way."""
    damaged: dict[str, list[str]] = defaultdict(list)
    for row in table.rows:
        for attribute, written in row.written.items():
            if clause := _damage(row, attribute, written):
                damaged[clause].append(f"ligne {row.line} « {visible(written.strip())} »")
    for clause, places in damaged.items():
        more = f" et {len(places) - EXAMPLES} de plus" if len(places) > EXAMPLES else ""
        cells = counted(len(places), "cellule", "cellules")
        sentence = f"{table.file} : les lettres accentuées de {cells} {clause} : {', '.join(places[:EXAMPLES])}{more}."
        yield Remark(Doubt.LETTERS, f"{sentence} Enregistrez le fichier en CSV UTF-8.")


def _damage(row: Row, attribute: str, written: str) -> str:
    if "\ufffd" in written or (attribute in _NAMES and lost_letters(written)):
        return "sont perdues"
    return damage(written) if attribute in row.values else ""
