"""``facteur demo`` from beginning to end, with real processes."""

from __future__ import annotations

import mailbox
import re
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from flows.cli.commands.demo_report import REMINDED
from models.database.schema import migrate
from models.database.session import engine, reading, writing
from models.rules.coverage import Coverage
from models.rules.reminders import NotDue
from models.tables.organisation import Association
from models.tables.people import Resident
from tasks.french.labels import COVERAGE, NOT_DUE
from tests.flows.facteur_process import environment, facteur


@dataclass(frozen=True)
class Shown:
    """What one demonstration said, and how it ended."""

    code: int
    text: str
    complaints: str

    def count(self, label: str) -> int:
        """The number that stands behind ``label``."""
        found = re.search(rf"^ *{label} +(\d+)$", self.text, re.MULTILINE)
        assert found, f"{label!r} is not in:\n{self.text}"
        return int(found[1])


@dataclass(frozen=True)
class TwoDemos:
    """Two demonstrations in a row on one folder, both with the usual ports taken."""

    var: Path
    first: Shown
    second: Shown


def demonstrate(env: dict[str, str]) -> Shown:
    found = facteur("demo", env=env, seconds=280)
    return Shown(found.returncode, found.stdout, found.stderr)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> TwoDemos:
    var = tmp_path_factory.mktemp("demo") / "var"
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as one,
        closing(socket.create_server(("127.0.0.1", 0))) as other,
    ):
        taken = {
            "FACTEUR_SERVER__PORT": str(one.getsockname()[1]),
            "FACTEUR_SERVER__MAILBOX_PORT": str(other.getsockname()[1]),
        }
        env = environment(var, taken)
        return TwoDemos(var, demonstrate(env), demonstrate(env))


def test_the_demonstration_sends_the_month(demos: TwoDemos) -> None:
    """Ledger and mailbox agree, and every invoice of the period is counted once."""
    first = demos.first
    assert (first.code, first.complaints) == (0, ""), first
    assert "Le registre et la boîte d'essai concordent." in first.text
    mailed, printed = first.count(COVERAGE[Coverage.MAILED]), first.count(COVERAGE[Coverage.PRINTED])
    assert mailed + printed + first.count(COVERAGE[Coverage.FAILED]) == first.count("Factures de septembre 2024")
    assert min(mailed, printed) > 0
    assert first.count("papier demandé") + first.count("aucune adresse e-mail") == printed


def test_no_log_holds_a_resident_s_name(demos: TwoDemos) -> None:
    """What runs say is for the screen, where it is purged; the logs still tell that the worker works."""
    with reading(f"sqlite:///{demos.var / 'facteur.db'}") as session:
        names = {
            name for resident in session.scalars(select(Resident)) for name in (resident.full_name, resident.email)
        }
    logs = {path.name: path.read_text(encoding="utf-8") for path in (demos.var / "logs").iterdir()}
    assert "Worker 'facteur-up' started!" in logs["worker.log"]
    assert len(names) > 100
    assert [(name, log) for log, text in logs.items() for name in names - {""} if name in text] == []


def test_the_demonstration_reminds_the_clients(demos: TwoDemos) -> None:
    """By e-mail, by letter, or not at all and why: every overdue invoice is counted once."""
    first = demos.first
    mailed, printed = (first.count(label) for label in REMINDED.values())
    excluded = first.count(COVERAGE[Coverage.EXCLUDED])
    assert mailed + printed + excluded == first.count("Factures échues au 15/11/2024")
    reasons = [NotDue.NO_DUE_DATE, NotDue.DISPUTED, NotDue.SUSPENDED, NotDue.BELOW_MINIMUM, NotDue.TOO_SOON]
    assert sum(first.count(NOT_DUE[reason]) for reason in reasons) == excluded
    messages = mailbox.Maildir(demos.var / "mailbox", create=False)
    reminders = [m for m in messages if "@client.test" in m["To"] or "relance" in str(m["Subject"]).casefold()]
    assert min(mailed, printed, len(reminders)) > 0
    assert first.count("dont relances") >= len(reminders)


def test_the_files_to_print_are_where_it_says(demos: TwoDemos) -> None:
    """One of the letters, one of the invoices; the second demonstration adds none."""
    listed = [Path(path) for path in re.findall(r"^  à imprimer +(.+\.pdf)$", demos.first.text, re.MULTILINE)]
    assert len(listed) == 2
    assert all(len(PdfReader(path).pages) > 1 for path in listed)
    assert sorted(path.name for path in (demos.var / "impressions").glob("*.pdf")) == sorted(p.name for p in listed)


def test_the_messages_really_lie_in_the_mailbox(demos: TwoDemos) -> None:
    """The number that is told is the number of files, and of different Message-IDs."""
    messages = list(mailbox.Maildir(demos.var / "mailbox", create=False))
    assert len(messages) == demos.first.count("Messages dans la boîte d’essai")
    assert len(messages) == demos.first.count("Messages acceptés, d’après le registre")
    assert len({message["Message-ID"] for message in messages}) == len(messages)


def test_it_shows_its_progress(demos: TwoDemos) -> None:
    """While it sends, it says how far it is."""
    assert re.search(r"^  \d+ messages acceptés sur \d+$", demos.first.text, re.MULTILINE)


def test_the_second_demonstration_sends_nothing(demos: TwoDemos) -> None:
    """It says since when everything is sent, that nothing is left to print, and the mailbox has no message more."""
    second = demos.second
    assert (second.code, second.complaints) == (0, ""), second
    for when in ("pour septembre 2024", "au 15/11/2024"):
        sent = rf"Rien à envoyer {when} : tout est déjà envoyé, depuis le \d\d/\d\d/\d{{4}} à \d\d:\d\d"
        assert re.search(sent, second.text), second.text
    assert "Rien à imprimer pour septembre 2024." in second.text
    label = "Messages dans la boîte d’essai"
    assert second.count(label) == demos.first.count(label)


def test_it_stops_what_it_started(demos: TwoDemos) -> None:
    """No process of the demonstration is left."""
    wanted = f"FACTEUR_VAR={demos.var}".encode()
    left = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                left.append((entry / "cmdline").read_text())
        except OSError:
            continue
    assert left == []


def test_real_data_are_not_touched(tmp_path: Path) -> None:
    """In a folder with another association's data it says so in one line and does nothing."""
    database = f"sqlite:///{tmp_path / 'facteur.db'}"
    migrate(database)
    with writing(database) as session:
        session.add(Association(code="vraie", name="Une vraie association"))
    engine(database).dispose()
    shown = demonstrate(environment(tmp_path))
    assert (shown.code, shown.text) == (1, "")
    assert shown.complaints == (
        f"Le dossier {tmp_path} contient de vraies données (Une vraie association) : la démonstration n'y touche pas. "
        "Donnez-lui un autre dossier, par exemple FACTEUR_VAR=/tmp/facteur-demo make demo.\n"
    )
    assert {path.name for path in tmp_path.iterdir()} <= {"facteur.db", "facteur.db-wal", "facteur.db-shm"}
