"""The rules of CONTRIBUTING's layout are held by a tool: what breaks one of them is noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project_copy import PROJECT, copy_project, run_in

PLANTED = [
    pytest.param("models/database/clock.py", "import prefect", id="Prefect in models"),
    pytest.param("models/tables/base.py", "import settings.load", id="settings in models"),
    pytest.param("models/rules/states.py", "import sqlalchemy", id="SQL in a rule"),
    pytest.param("models/values/people.py", "import models.rules.states", id="a value that knows a rule"),
    pytest.param("models/tables/people.py", "import models.reading.standings", id="a table that knows its readers"),
    pytest.param("models/ledger/steps.py", "import models.limits.quota", id="a neighbour in models"),
    pytest.param("models/strays.py", "", id="a module flat in models"),
    pytest.param("settings/load.py", "import tasks.delivering.task", id="tasks in settings"),
    pytest.param("tasks/checking/words.py", "import prefect", id="Prefect where no task is"),
    pytest.param("tasks/mail/message.py", "import tasks.composing.archive", id="mail that knows the archive"),
    pytest.param("tasks/mail/wire.py", "import tasks.documents.french", id="mail that knows documents"),
    pytest.param("tasks/documents/french.py", "import tasks.french.labels", id="documents that know labels"),
    pytest.param("tasks/documents/head.py", "import models.reading.standings", id="documents that read the ledger"),
    pytest.param("tasks/kinds/kind.py", "import models.database.session", id="a session in a kind"),
    pytest.param("tasks/entry/parsing.py", "import models.database.session", id="a session where words are read"),
    pytest.param("flows/invoices.py", "import models.database.session", id="a session in a flow"),
    pytest.param("tasks/campaigns/stored.py", "import tasks.monthly.planning", id="upwards"),
    pytest.param("tasks/printing/batch.py", "import tasks.structures.page", id="to a neighbour"),
    pytest.param("tasks/strays.py", "", id="a module flat in tasks"),
    pytest.param("flows/forms.py", "import flows.cli.machine.lock", id="a flow that knows the command line"),
    pytest.param("flows/cli/machine/lock.py", "import flows.cli.commands.up", id="the machine knows a command"),
    pytest.param("tasks/checking/pdfs.py", "import pikepdf", id="a foreign file opened where no process is beside"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return copy_project(tmp_path_factory.mktemp("rooms"))


def test_the_project_keeps_its_own_rules(copy: Path) -> None:
    """Else nothing below would tell anything."""
    said = run_in(copy, "lint-imports", "--no-cache")
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize(("file", "line"), PLANTED)
def test_what_breaks_a_rule_is_noticed(copy: Path, file: str, line: str) -> None:
    """An import that goes the wrong way, or a module that lies about."""
    path = copy / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        said = run_in(copy, "lint-imports", "--no-cache")
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert said.returncode == 1, said.stdout + said.stderr
    assert "BROKEN" in said.stdout or "not listed as layers" in said.stdout, said.stdout + said.stderr


def test_one_place_publishes_pages() -> None:
    """A description is escaped there: a name in it would be Markdown in the list of artifacts."""
    makes = re.compile(r"create_(markdown|table|link|image|progress)_artifact|ArtifactCreate")
    found = {
        str(path.relative_to(PROJECT))
        for room in ("flows", "tasks")
        for path in (PROJECT / room).rglob("*.py")
        if makes.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"tasks/pages/publishing.py"}
