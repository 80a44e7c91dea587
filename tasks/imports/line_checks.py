"""The lines of invoices: to which invoice each belongs, and whether it adds up by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.tables.invoice import Invoice
from tasks.documents import french
from tasks.entry.problems import Problem
from tasks.imports.faults import Fault
from tasks.imports.rows import Row
from tasks.imports.stored import Files, Pair, Stored, pair_of

# Quantity × unit price may differ by this much from the amount: unit prices are rounded when they are exported.
ROUNDING_TOLERANCE = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class LineContent:
    """What a line says."""

    label: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal


def content_of(invoice: Invoice) -> tuple[LineContent, ...]:
    """The stored lines of an invoice, in their order."""
    return tuple(LineContent(line.label, line.quantity, line.unit_price, line.amount) for line in invoice.lines)


def read_lines(rows: Sequence[Row]) -> tuple[LineContent, ...] | None:
    """The lines of one invoice as the import gives them; None when a cell of them could not be read."""
    if any(row.faulty or not {"label", "amount"} <= row.values.keys() for row in rows):
        return None
    return tuple(
        LineContent(row.values["label"], row.values.get("quantity"), row.values.get("unit_price"), row.values["amount"])
        for row in rows
    )


def check_lines(files: Files, stored: Stored) -> tuple[dict[Pair, list[Row]], list[Fault]]:
    """The rows of lines by their invoice, and every fault of a line by itself."""
    file = files["lignes"]
    invoices = files["factures"]
    structures: dict[str, set[str]] = defaultdict(set)
    for key in [*stored.invoices, *map(pair_of, invoices.rows)]:
        if key is not None:
            structures[key[1]].add(key[0])
    # An invoice whose own row is faulty is not missing: its fault is told once, there.
    unsure = {row.values.get("number") for row in invoices.rows if pair_of(row) is None}
    grouped: dict[Pair, list[Row]] = defaultdict(list)
    faults: list[Fault] = []
    for row in file.rows:
        faults += _product_faults(files, row)
        number, structure = row.values.get("number"), row.values.get("structure_code")
        if not number or "structure_code" in row.faulty:
            continue
        found = structures.get(number, set())
        found = found & {structure} if structure else found
        if len(found) == 1:
            grouped[(next(iter(found)), number)].append(row)
        elif len(found) > 1:
            problem = Problem(
                f"est le numéro de plusieurs factures (structures {', '.join(sorted(found))})",
                "une colonne structure dans le fichier lignes",
            )
            faults.append(file.fault(row, "number", problem))
        elif invoices.readable and number not in unsure:
            of = f" de la structure {structure}" if structure else ""
            problem = Problem(
                f"n'est le numéro d'aucune facture connue{of}", "un numéro du fichier factures ou déjà enregistré"
            )
            faults.append(file.fault(row, "number", problem))
    return dict(grouped), faults


def _product_faults(files: Files, row: Row) -> list[Fault]:
    quantity, price, amount = (row.values.get(name) for name in ("quantity", "unit_price", "amount"))
    if quantity is None or price is None or amount is None:
        return []
    product = quantity * price
    if abs(product - amount) <= ROUNDING_TOLERANCE:
        return []
    expected = f"{french.quantity(quantity)} × {french.unit_price(price)} = {french.amount(product)}"
    problem = Problem("n'est pas la quantité multipliée par le prix unitaire", expected)
    return [files["lignes"].fault(row, "amount", problem)]
