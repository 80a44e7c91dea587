"""The checks that look beyond one cell: codes that must be unique, codes that must exist."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable
from typing import Any

from models.values.kinds import RecipientPolicy
from tasks.entry.problems import Problem
from tasks.imports.associations import association_code
from tasks.imports.faults import Fault
from tasks.imports.rows import Row, TableFile
from tasks.imports.stored import Files, Stored, code_of, pair_of

KEYS: dict[str, tuple[Callable[[Row], Any], str]] = {
    "structures": (code_of, "code"),
    "tuteurs": (code_of, "code"),
    "residents": (pair_of, "code"),
    "clients": (pair_of, "code"),
    "factures": (pair_of, "number"),
}


def check_tables(files: Files, stored: Stored) -> list[Fault]:
    """Every fault of structures, guardians, residents and clients, and every code that figures twice in its file."""
    return [
        *(fault for name, (key_of, shown) in KEYS.items() for fault in _duplicates(files[name], key_of, shown)),
        *_associations(files["structures"], stored),
        *check_structures(files, stored, "residents"),
        *check_structures(files, stored, "clients"),
        *_guardians(files, stored),
        *_policies(files["residents"], stored),
    ]


def known_codes(file: TableFile, key_of: Callable[[Row], Hashable], stored: Container[Any]) -> Container[Any] | None:
    """What a reference to ``file`` may name: what is in the file or the database; None when that cannot be told."""
    if not file.readable:
        return None
    in_file = {key_of(row) for row in file.rows} - {None}
    return _Either(in_file, stored)


class _Either:
    def __init__(self, one: Container[Any], other: Container[Any]) -> None:
        self._one, self._other = one, other

    def __contains__(self, item: object) -> bool:
        return item in self._one or item in self._other


def _duplicates(file: TableFile, key_of: Callable[[Row], Hashable], shown: str) -> list[Fault]:
    lines: dict[Hashable, int] = {}
    faults = []
    for row in file.rows:
        key = key_of(row)
        if key is None:
            continue
        if key in lines:
            problem = Problem(f"figure déjà à la ligne {lines[key]}", "chaque code une seule fois dans le fichier")
            faults.append(file.fault(row, shown, problem))
        lines.setdefault(key, row.line)
    return faults


def _associations(file: TableFile, stored: Stored) -> list[Fault]:
    spellings: dict[str, str] = {}
    faults = []
    for row in file.rows:
        name = row.values.get("association_name")
        if not name:
            continue
        code = association_code(name)
        first = spellings.setdefault(code, name)
        if not code:
            problem = Problem("n'est pas un nom d'association", "un nom avec des lettres ou des chiffres")
            faults.append(file.fault(row, "association_name", problem))
        elif first != name:
            problem = Problem(f"s'écrit aussi « {first} » dans ce fichier", "une seule écriture pour une association")
            faults.append(file.fault(row, "association_name", problem))
    return faults


def check_structures(files: Files, stored: Stored, name: str) -> list[Fault]:
    """Every row whose structure is unknown."""
    known = known_codes(files["structures"], code_of, stored.structures)
    if known is None:
        return []
    problem = Problem("n'est pas le code d'une structure connue", "un code du fichier structures ou déjà enregistré")
    return [
        files[name].fault(row, "structure_code", problem)
        for row in files[name].rows
        if row.values.get("structure_code") and row.values["structure_code"] not in known
    ]


def _guardians(files: Files, stored: Stored) -> list[Fault]:
    known = known_codes(files["tuteurs"], code_of, stored.guardians)
    if known is None:
        return []
    problem = Problem("n'est pas le code d'un tuteur connu", "un code du fichier tuteurs ou déjà enregistré")
    return [
        files["residents"].fault(row, "guardian_code", problem)
        for row in files["residents"].rows
        if row.values.get("guardian_code") and row.values["guardian_code"] not in known
    ]


def _policies(file: TableFile, stored: Stored) -> list[Fault]:
    faults = []
    for row in file.rows:
        resident = stored.residents.get(pair_of(row) or ("", ""))
        policy = row.values.get("recipients", resident.recipients if resident else None)
        guardian = row.values.get("guardian_code", resident.guardian_id if resident else None)
        if policy == RecipientPolicy.GUARDIAN and not guardian and "guardian_code" not in row.faulty:
            problem = Problem("demande un tuteur, et ce résident n'en a pas", "un code dans la colonne code_tuteur")
            if not row.written.get("recipients"):
                problem = Problem("les factures de ce résident vont à son tuteur, et il n'en a plus", problem.expected)
            faults.append(file.fault(row, "recipients", problem))
    return faults
