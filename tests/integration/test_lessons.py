"""CONTRIBUTING's lessons work as they stand: their snippets are pasted into a copy, and the commands they name run."""

from __future__ import annotations

import re
from pathlib import Path

from tests.project_copy import PROJECT, copy_project, run_in

TEXT = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    (found,) = re.findall(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", TEXT, flags=re.MULTILINE | re.DOTALL)
    return str(found)


def snippets(title: str) -> list[str]:
    """The blocks of Python in a numbered list, without the list's own indentation."""
    found = re.findall(r"^   ```python\n(.*?)^   ```$", section(title), flags=re.MULTILINE | re.DOTALL)
    return ["".join(line[3:] if line.strip() else line for line in block.splitlines(keepends=True)) for block in found]


def paste(path: Path, at: str, snippet: str, *, instead: bool = False) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(at) == 1, f"{at!r} in {path}"
    path.write_text(text.replace(at, snippet + ("" if instead else at)), encoding="utf-8")


def test_the_first_change_works_as_it_stands(tmp_path: Path) -> None:
    """A newcomer pastes both snippets; the table's tests and the formatter are content."""
    copy = copy_project(tmp_path)
    row, cases = snippets("Your first change")
    table, test = "models/rules/causes.py", "tests/unit/rules/test_causes.py"
    paste(copy / table, '    Cause(\n        name="policy",\n', row)
    paste(copy / test, '    ("policy", reply(Stage.FINAL, 550, "5.7.26")),\n', cases, instead=True)
    for command in (
        ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        ["ruff", "check", "--no-cache", table, test],
        ["ruff", "format", "--no-cache", "--check", table, test],
    ):
        said = run_in(copy, *command)
        assert said.returncode == 0, said.stdout + said.stderr
    assert "sender-not-proven" in section("Your first change")


def test_the_next_migration_has_the_number_that_is_named() -> None:
    """One more than the last one that is there."""
    versions = (PROJECT / "models/migrations/versions").glob("[0-9]*.py")
    last = max(int(path.name[:4]) for path in versions)
    assert f"(`{last + 1:04d}`)" in section("A migration")
