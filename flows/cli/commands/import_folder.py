"""``facteur import FOLDER``: an import without any Prefect server."""

from __future__ import annotations

import argparse

from tasks.imports.report import ImportReport
from tasks.imports.run import import_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The one argument: what is imported."""
    parser.add_argument("folder", metavar="DOSSIER", help="le dossier de l'export, ou son archive .zip")


def run(arguments: argparse.Namespace) -> int:
    """Import a folder or a .zip and print the report; 0 when it was accepted, 1 when it was refused."""
    report = import_here(arguments.folder)
    show(report)
    return 0 if report.accepted else 1


def show(report: ImportReport) -> None:
    """Print what an import did, or every fault it found."""
    print(report.message)
    if report.counts:
        print(f"  {'fichier':<11} {'créés':>9} {'modifiés':>9} {'inchangés':>9}")
    for name, counts in report.counts.items():
        print(f"  {name:<11} {counts.created:>9} {counts.updated:>9} {counts.unchanged:>9}")
    for fault in report.shown_faults:
        print(f"  - {fault}")
    if report.more_faults:
        print(f"  {report.more_faults}")
    for note in report.notes:
        print(f"  Remarque : {note}")
