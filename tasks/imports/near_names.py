"""Files whose name is almost that of a table: left aside, what is in them would be missing without a word."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tasks.entry.parsing import fold
from tasks.entry.problems import Problem, visible
from tasks.imports.columns import TABLES
from tasks.imports.faults import Fault

_TABLE_SUFFIXES = frozenset({".csv", ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".txt", ".tsv", ".numbers", ""})
_COPY = re.compile(r"^(copiede|copyof|export)+|(copie|copy|export)+$")


def near_name_fault(name: str) -> Fault | None:
    """The fault of a file that is not known, if its name is almost one of the six."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if len(path.parts) != 1 or suffix not in _TABLE_SUFFIXES:
        return None
    table = _near(path.stem)
    if not table:
        return None
    if fold(path.stem) == fold(table) and path.stem.lower() == table:
        problem = Problem("ce type de fichier n'est pas lu", f"{table}.csv ou {table}.xlsx (« Enregistrer sous »)")
    else:
        problem = Problem(
            f"ce nom est presque celui du fichier {table}",
            f"{table}.csv ou {table}.xlsx ; retirez ce fichier du dossier s'il ne doit pas être importé",
        )
    return Fault.of(problem, visible(name))


def _near(stem: str) -> str:
    words = re.sub(r"\d+", "", fold(stem))
    bare = _COPY.sub("", words)
    for table in TABLES:
        known = fold(table.name)
        if bare in {known, known.removesuffix("s")} or words.startswith(known) or words.endswith(known):
            return table.name
        if abs(len(bare) - len(known)) <= 1 and len(known) > 5 and _one_letter_apart(bare, known):
            return table.name
    return ""


def _one_letter_apart(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == len(longer):
        return sum(a != b for a, b in zip(shorter, longer, strict=True)) == 1
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
