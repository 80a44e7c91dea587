"""``facteur check [--json]``: the check of the configuration, with or without a Prefect server."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from flows.cli.machine.running_server import find_server
from settings.load import load_settings
from settings.wrong import WrongSettingError

if TYPE_CHECKING:
    from tasks.checking.result import Report

MARK = {"green": "vert", "orange": "! ORANGE", "red": "X ROUGE", "unchecked": "- non vérifié"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("structures", nargs="*", metavar="STRUCTURE", help="les codes des structures ; sinon toutes")
    parser.add_argument("--json", action="store_true", help="écrire du JSON, pour un autre programme")


def run(arguments: argparse.Namespace) -> int:
    """Print every line; 1 when one is red, 0 otherwise."""
    _find_server()
    from tasks.checking.configuration import check_configuration  # Prefect reads its settings when it is imported

    report = check_configuration(tuple(arguments.structures))
    print(json.dumps(as_json(report), ensure_ascii=False, indent=2) if arguments.json else as_text(report))
    return 1 if report.failed else 0


def as_json(report: Report) -> dict[str, Any]:
    """The report with stable keys; ``check`` and ``state`` have a fixed set of values."""
    return {
        "ok": not report.failed,
        "checks": [
            {
                "check": finding.key,
                "about": finding.about,
                "state": finding.light.value,
                "observed": finding.observed,
                "detail": finding.detail,
                "remedy": finding.remedy,
            }
            for finding in report.findings
        ],
        "new_addresses": [
            {
                "structure": line.structure,
                "name": line.name,
                "invoice": line.number,
                "address": line.address,
                "replaces": line.former,
            }
            for line in report.new_addresses
        ],
    }


def as_text(report: Report) -> str:
    """The table, aligned; what to do stands below a line."""
    from tasks.checking.page import headline

    width = max(len(finding.subject) for finding in report.findings)
    rows = []
    for finding in report.findings:
        detail = f" ({finding.detail})" if finding.detail else ""
        rows.append(f"{MARK[finding.light]:<13}  {finding.subject:<{width}}  {finding.observed}{detail}")
        if finding.remedy:
            rows.append(f"{'':<13}  {'':<{width}}  Que faire : {finding.remedy}")
    if report.new_addresses:
        rows.append(f"\nAdresses nouvelles ou changées ({len(report.new_addresses)}) :")
    for line in report.new_addresses:
        former = f"  (remplace {line.former})" if line.former else ""
        rows.append(f"  {line.structure}  {line.name}  {line.number}  {line.address}{former}")
    return "\n".join([*rows, "", headline(report)])


def _find_server() -> None:
    """Let Prefect know the server of ``facteur up`` if it runs here: the SMTP servers of the screen are kept there."""
    try:
        find_server(load_settings())
    except WrongSettingError:
        return  # a line of the check
