"""Invoices as they will stand after an import: what the files say over what is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.tables.invoice import Invoice
from tasks.imports.line_checks import LineContent, content_of
from tasks.imports.rows import Row
from tasks.imports.stored import Pair

ZERO = Decimal("0.00")

# What an invoice that has left says: none of it may change. The balance, the dispute, the due date may.
FIXED_ATTRIBUTES = (
    "resident_code",
    "client_code",
    "period",
    "issued_on",
    "total_excl_tax",
    "vat",
    "total_incl_tax",
    "pdf_key",
)


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

    def bring_pdf(self, key: str | None) -> None:
        """The PDF that the file names (empty: none), None when it cannot be used; without the column, none changes."""
        if self.row is None or "pdf_name" not in self.row.values:
            return
        if key is None:
            self.values.pop("pdf_key", None)
        else:
            self.values["pdf_key"] = key

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
