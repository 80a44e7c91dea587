"""The record of an import that was written: when, from where, who took what was dangerous, and the alerts it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.tables.import_run import AddressAlert, ImportRun
from tasks.imports.address_share import AddressShare
from tasks.imports.invoice_states import InvoiceState
from tasks.imports.report import ImportReport
from tasks.imports.stored import Pair, Stored

LONGEST_SOURCE = 500


def record(
    session: Session,
    report: ImportReport,
    now: datetime,
    states: Mapping[Pair, InvoiceState],
    shares: Sequence[AddressShare],
    stored: Stored,
) -> None:
    """Add the record to the transaction that writes the import; ``shares`` are those that alarm."""
    run = ImportRun(
        imported_at=now,
        source=report.source[-LONGEST_SOURCE:],
        with_balances=any(_brings_balance(state) for state in states.values()),
        created=sum(count.created for count in report.counts.values()),
        updated=sum(count.updated for count in report.counts.values()),
        unchanged=sum(count.unchanged for count in report.counts.values()),
        initials=report.taken_by,
        dangerous=len(report.dangerous),
        digest=report.digest,
    )
    session.add(run)
    for share in shares:
        session.add(
            AddressAlert(
                import_run=run,
                structure=stored.structures[share.structure],
                role=share.role,
                changed=share.changed,
                total=share.total,
            )
        )


def _brings_balance(state: InvoiceState) -> bool:
    """Whether the file says what a client still owes: the contributions of a month make no balance fresh."""
    return state.row is not None and bool(state.values["client_code"]) and "balance" in state.row.values
