"""``facteur import FOLDER``: an import without any Prefect server."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tasks.entry.parsing import text as one_line
from tasks.entry.problems import Problem
from tasks.imports.blank_books import write_blank_books
from tasks.imports.changes import Change
from tasks.imports.faults import Fault
from tasks.imports.report import ImportReport, Outcome
from tasks.imports.run import Consent, import_here

LONGEST_INITIALS = 20
EXIT = {Outcome.ACCEPTED: 0, Outcome.DRY_RUN: 0, Outcome.REFUSED: 1, Outcome.WAITING: 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is imported, and how far."""
    parser.add_argument("folder", metavar="DOSSIER", nargs="?", help="le dossier de l'export, ou son archive .zip")
    parser.add_argument(
        "--templates", metavar="DOSSIER", type=Path, help="écrire dans ce dossier des classeurs à remplir, et finir"
    )
    parser.add_argument("--dry-run", action="store_true", help="montrer ce qui changerait, sans rien enregistrer")
    parser.add_argument("--json", action="store_true", help="écrire du JSON, pour un autre programme")
    parser.add_argument(
        "--yes",
        metavar="INITIALES",
        type=_initials,
        help="accepter les changements dangereux ; sans cela, ils sont montrés, rien n'est enregistré, et la commande "
        "finit par 3",
    )


def _initials(written: str) -> str:
    read = one_line(LONGEST_INITIALS)(written)
    if isinstance(read, Problem) or not read:
        raise argparse.ArgumentTypeError(f"des initiales, {LONGEST_INITIALS} caractères au plus")
    return str(read)


def run(arguments: argparse.Namespace) -> int:
    """Import a folder or a .zip and print the report: 0 accepted (or tried), 1 refused, 3 when it waits for a person.

    A trial of what would wait ends with 3 as well.
    """
    if arguments.templates:
        return _write_templates(arguments.templates)
    if not arguments.folder:
        print("Quel dossier ? Voir : facteur import --help", file=sys.stderr)
        return 2
    consent = Consent(arguments.yes) if arguments.yes else None
    report = import_here(arguments.folder, consent=consent, dry_run=arguments.dry_run)
    if arguments.json:
        print(json.dumps(as_json(report), ensure_ascii=False, indent=2))
    else:
        show(report)
    if report.outcome is Outcome.DRY_RUN and report.dangerous and not consent:
        return EXIT[Outcome.WAITING]
    return EXIT[report.outcome]


def _write_templates(folder: Path) -> int:
    try:
        paths = write_blank_books(folder)
    except FileExistsError as error:
        print(f"{error} existe déjà : il est peut-être rempli. Choisissez un autre dossier.", file=sys.stderr)
        return 1
    print(f"{len(paths)} classeurs à remplir sont écrits dans {folder} : {', '.join(path.name for path in paths)}.")
    return 0


def as_json(report: ImportReport) -> dict[str, Any]:
    """The whole report with stable keys: every fault and every change."""
    return {
        "outcome": report.outcome.value,
        "written": report.accepted,
        "message": report.message,
        "source": report.source,
        "digest": report.digest,
        "taken_by": report.taken_by,
        "fault_book": report.fault_book,
        "dangerous": len(report.dangerous),
        "counts": {
            name: {"created": count.created, "updated": count.updated, "unchanged": count.unchanged}
            for name, count in report.counts.items()
        },
        "faults": [_fault(fault) for fault in report.faults],
        "changes": [_change(change) for change in report.changes],
        "remarks": [{"kind": remark.doubt.value, "sentence": remark.sentence} for remark in report.remarks],
        "notes": list(report.notes),
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "value": fault.value,
        "problem": fault.problem,
        "expected": fault.expected,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "what": change.subject.value,
        "dangerous": change.dangerous,
        "structure": change.structure,
        "code": change.code,
        "whose": change.whose,
        "before": change.before,
        "after": change.after,
        "note": change.note,
    }


def show(report: ImportReport) -> None:
    """Print what an import did, or would do, or every fault it found."""
    print(report.message)
    if report.counts:
        print(f"  {'fichier':<11} {'créés':>9} {'modifiés':>9} {'inchangés':>9}")
    for name, counts in report.counts.items():
        print(f"  {name:<11} {counts.created:>9} {counts.updated:>9} {counts.unchanged:>9}")
    for change in report.shown_changes:
        print(f"  {'!' if change.dangerous else '-'} {change}")
    if report.more_changes:
        print(f"  {report.more_changes}")
    for fault in report.shown_faults:
        print(f"  - {fault}")
    if report.more_faults:
        print(f"  {report.more_faults}")
    if report.fault_book:
        print(f"  Toutes, avec une copie de vos fichiers où elles sont en couleur : {report.fault_book}")
    for sentence in report.shown_remarks:
        print(f"  À vérifier : {sentence}")
    for note in report.notes:
        print(f"  Remarque : {note}")
    if report.outcome is Outcome.WAITING:
        print("Relisez chaque changement marqué « ! », puis : facteur import DOSSIER --yes VOS-INITIALES")
