"""What the residents are billed, month by month, as it will stand after an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.people import full_name
from models.values.period import Period
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.stored import Files, Pair, Stored, pair_of


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice of a resident; ``line`` is its line in the import, None when the import does not name it.

    ``invoice_id`` is None for one that is new.
    """

    number: str
    total: Decimal
    line: int | None
    invoice_id: int | None


@dataclass(slots=True)
class Bills:
    """``months`` has the bills by (structure, period), then by the resident's code.

    ``first`` is the first month ever of each structure, ``first_of`` that of each (structure, resident).
    """

    months: dict[tuple[str, Period], dict[str, list[Bill]]] = field(default_factory=dict)
    first: dict[str, Period] = field(default_factory=dict)
    first_of: dict[Pair, Period] = field(default_factory=dict)

    def of(self, structure: str, period: Period) -> dict[str, list[Bill]]:
        """The bills of a structure and month, by resident."""
        return self.months.get((structure, period), {})


@dataclass(frozen=True, slots=True)
class Person:
    """A resident as the import leaves her."""

    name: str
    left_on: date | None


def before(period: Period) -> Period:
    """The month before."""
    return Period.before(first_day(period))


def first_day(period: Period) -> date:
    """The first day of a month."""
    return date(period.year, period.month, 1)


def read_bills(session: Session, states: Mapping[Pair, InvoiceState]) -> Bills:
    """The bills of the months that the import names, of those before, and since when anybody is billed."""
    named = {period for state in states.values() if state.row and (period := _period(state))}
    wanted = sorted({str(period) for period in named} | {str(before(period)) for period in named})
    rows = session.execute(
        select(Structure.code, Invoice.number, Resident.code, Invoice.period, Invoice.total_incl_tax, Invoice.id)
        .join(Structure, Invoice.structure_id == Structure.id)
        .join(Resident, Invoice.resident_id == Resident.id)
        .where(Invoice.period.in_(wanted))
    ).tuples()
    found: dict[Pair, tuple[str, Period, Bill]] = {}
    for structure, number, resident, written, total, row_id in rows:
        period = Period.parse(written or "")
        if period is not None:
            found[structure, number] = (resident, period, Bill(number, total, None, row_id))
    for (structure, number), state in states.items():
        period = _period(state)
        if state.row is None:
            continue
        found.pop((structure, number), None)
        if period is not None and state.values["resident_code"]:
            invoice_id = state.stored.id if state.stored else None
            bill = Bill(number, state.values["total_incl_tax"], state.row.line, invoice_id)
            found[structure, number] = (state.values["resident_code"], period, bill)
    return _collected(session, found)


def _period(state: InvoiceState) -> Period | None:
    return Period.parse(state.values["period"]) if state.values.get("period") else None


def _collected(session: Session, found: Mapping[Pair, tuple[str, Period, Bill]]) -> Bills:
    bills = Bills()
    since = session.execute(
        select(Structure.code, Resident.code, func.min(Invoice.period))
        .join(Structure, Invoice.structure_id == Structure.id)
        .join(Resident, Invoice.resident_id == Resident.id)
        .group_by(Structure.code, Resident.code)
    ).tuples()
    firsts: dict[Pair, list[Period]] = defaultdict(list)
    for structure, resident, written in since:
        if period := Period.parse(written or ""):
            firsts[structure, resident].append(period)
    for (structure, _), (resident, period, bill) in found.items():
        bills.months.setdefault((structure, period), {}).setdefault(resident, []).append(bill)
        firsts[structure, resident].append(period)
    for (structure, resident), periods in firsts.items():
        bills.first_of[structure, resident] = min(periods)
        bills.first[structure] = min(bills.first.get(structure, min(periods)), *periods)
    return bills


def people(files: Files, stored: Stored) -> dict[Pair, Person]:
    """The residents after the import."""
    found = {key: Person(resident.full_name, resident.left_on) for key, resident in stored.residents.items()}
    for row in files["residents"].rows:
        key = pair_of(row)
        if key is None:
            continue
        known = stored.residents.get(key)
        first = row.values.get("first_name", known.first_name if known else "")
        left_on = row.values.get("left_on", known.left_on if known else None)
        found[key] = Person(full_name(row.values["last_name"], first), left_on)
    return found
