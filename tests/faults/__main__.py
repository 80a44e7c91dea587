"""``make faults``: every case on both databases, one table, ``var/faults.json``; exit code 0 only if all hold."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.cases import CASES, LATER
from tests.faults.databases import POSTGRESQL, SQLITE, Databases
from tests.faults.play import Played, play

REPORT = Path("var/faults.json")
HEAD = ("case", "database", "state", "copies", "holds", "s")
WIDTHS = (44, 11, 27, 8, 6, 5)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of cases")
    parser.add_argument("--database", choices=[SQLITE, POSTGRESQL])
    parser.add_argument("--repeat", type=int, default=1, help="how often each case is played")
    parser.add_argument("--jobs", type=int, default=3, help="how many cases are played at once")
    return parser.parse_args()


def main() -> int:
    options = parse()
    wanted = [
        (case, kind)
        for _ in range(options.repeat)
        for case in CASES
        for kind in case.databases
        if (not options.only or case.number in options.only) and options.database in (None, kind)
    ]
    began = time.monotonic()
    print_row(HEAD)
    with tempfile.TemporaryDirectory(prefix="facteur-faults-") as folder:
        databases = Databases(Path(folder))
        try:
            with ThreadPoolExecutor(options.jobs) as threads:
                rows = []
                for row in threads.map(lambda pair: play_fresh(databases, *pair), wanted):
                    print_played(row)
                    rows.append(row)
        finally:
            databases.close()
    failed = [row for row in rows if not row.holds]
    for number, why in LATER.items():
        print(f"{number} later: {why}")
    print(f"{len(rows) - len(failed)} of {len(rows)} hold, in {time.monotonic() - began:.0f} s")
    for row in failed:
        print(f"\n{row.case} on {row.database} does not hold:", *row.wrong, sep="\n  ")
    write(rows)
    return 1 if failed or not rows else 0


def play_fresh(databases: Databases, case: object, kind: str) -> Played:
    with databases.fresh(kind) as url:
        return play(case, kind, url)  # type: ignore[arg-type]


def print_played(row: Played) -> None:
    states = row.states[0] if row.states[0] == row.states[1] else " > ".join(row.states)
    copies = str(row.copies[0]) if row.copies[0] == row.copies[1] else f"{row.copies[0]} > {row.copies[1]}"
    print_row((str(row.case), row.database, states, copies, "yes" if row.holds else "NO", f"{row.seconds:.1f}"))


def print_row(cells: tuple[str, ...]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)


def write(rows: list[Played]) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(
        json.dumps(
            {
                "cases": [
                    {
                        "case": row.case.number,
                        "name": row.case.name,
                        "database": row.database,
                        "states": row.states,
                        "copies": row.copies,
                        "holds": row.holds,
                        "wrong": row.wrong,
                        "seconds": round(row.seconds, 2),
                    }
                    for row in rows
                ],
                "later": LATER,
            },
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    sys.exit(main())
