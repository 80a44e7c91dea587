"""Writing CSV files as a French Excel does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

Cell = str | Decimal | date | None
Record = Mapping[str, Cell]


def write_csv(path: Path, columns: Sequence[str], records: Iterable[Record]) -> None:
    """Write the records: ``;``, decimal comma, JJ/MM/AAAA, UTF-8 with a byte-order mark, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([_written(record.get(column)) for column in columns])
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}".replace(".", ",")
        case date():
            return cell.strftime("%d/%m/%Y")
        case _:
            return cell
