"""Make the ``var/`` that an older commit leaves in the middle of a month: ``python -m tests.upgrade.make_var TAG``.

The tag's own code runs, from a worktree of it, with this environment: the lock files of both must be the same. Every
step goes through its command line or through Prefect's API.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.databases import execute, named, running_postgresql
from tests.flows.facteur_process import PROJECT, Up, environment, facteur
from tests.smtp_server import ScriptedServer, StoredMessage
from tests.upgrade import month
from tests.upgrade.kept import POSTGRESQL, SQLITE, Kept
from tests.upgrade.screen import Screen

COMMITS = {"before-rooms": "e46160985ff89d256c320e0f37a3c88f3c7beda9"}  # where a clone has no tags
MONTHLY = "factures-mensuelles"


def main() -> None:
    """Make and keep one ``var/`` for each database."""
    parser = argparse.ArgumentParser(prog="tests.upgrade.make_var", description=__doc__)
    parser.add_argument("tag", nargs="?", default="before-rooms")
    parser.add_argument("--database", choices=[SQLITE, POSTGRESQL], action="append")
    options = parser.parse_args()
    with worktree(options.tag) as tree:
        for database in options.database or [SQLITE, POSTGRESQL]:
            with running_postgresql() if database == POSTGRESQL else nullcontext("") as server:
                make(Kept(options.tag, database), tree, server)


@contextmanager
def worktree(tag: str) -> Iterator[Path]:
    """The files of a tag, in a folder of their own."""
    with TemporaryDirectory(prefix="facteur-before-") as folder:
        tree = Path(folder) / "tree"
        commit = tag if _output("git", "tag", "--list", tag, cwd=PROJECT) else COMMITS.get(tag, tag)
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), commit], cwd=PROJECT, check=True)
        try:
            if (tree / "requirements.lock").read_bytes() != (PROJECT / "requirements.lock").read_bytes():
                raise SystemExit(f"{tag} has other dependencies than this tree: its code would not run with them.")
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=PROJECT, check=True)


def make(kept: Kept, tree: Path, server: str) -> None:
    """Go through the month with the code of ``tree``, and keep what it leaves."""
    with TemporaryDirectory(prefix="facteur-upgrade-") as place, ScriptedServer(Path(place) / "relay") as relay:
        folder = Path(place)
        url = ""
        if kept.database == POSTGRESQL:
            execute(server, "CREATE DATABASE facteur")
            url = named(server, "facteur")
        env = environment(folder / "var", surroundings(relay, url) | {"PYTHONPATH": str(tree)})
        month.write_month(folder / "import")
        facteur("migrate", env=env, project=tree)
        imported = facteur("import", str(folder / "import"), env=env, project=tree)
        assert imported.returncode == 0, imported.stdout + imported.stderr
        up = Up.start(env, project=tree)
        try:
            runs = Month(Screen(up), relay, folder / "var").go_through()
        finally:
            assert up.end(signal.SIGINT) == 0
        up.wait_until_nothing_is_left()
        about = {
            "tag": kept.tag,
            "commit": _output("git", "rev-parse", "HEAD", cwd=tree),
            **runs,
            "status": {period: status(env, tree, "--period", period) for period in (month.EARLIER, month.PERIOD)},
            "reminders": status(env, tree, "--reminders", "--date", month.REMINDED_ON),
            "papers": sorted(paper(message) for message in relay.messages()),
            "message_ids": sorted(message_from_bytes(message.content)["Message-ID"] for message in relay.messages()),
        }
        found = {invoice["number"]: invoice["coverage"] for invoice in about["status"][month.PERIOD]["invoices"]}
        assert found == month.CLASSES, found
        kept.put_away(folder / "var", url, about)
        print(f"{kept.archive}: {kept.archive.stat().st_size // 1024} kB")


def surroundings(relay: ScriptedServer, url: str) -> dict[str, str]:
    """Facteur's settings for a mail server and a ledger; an empty ``url`` is the SQLite file of ``var/``."""
    return {
        "FACTEUR_SMTP__HOST": "127.0.0.1",
        "FACTEUR_SMTP__PORT": str(relay.port),
        "FACTEUR_SMTP__SECURITY": "none",
        "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
        "FACTEUR_DATABASE_URL": url,
    }


def status(env: dict[str, str], tree: Path, *words: str) -> dict[str, Any]:
    """What ``facteur status --json`` says."""
    found = facteur("status", *words, "--json", env=env, project=tree)
    assert found.returncode == 0, found.stdout + found.stderr
    said: dict[str, Any] = json.loads(found.stdout)
    return said


def paper(message: StoredMessage) -> list[str]:
    """What somebody has in hands: the address, and the name of the PDF."""
    names = [part.get_filename() for part in message_from_bytes(message.content).walk() if part.get_filename()]
    (recipient,) = message.recipients
    return [recipient, " ".join(str(name) for name in names)]


@dataclass(frozen=True)
class Month:
    """What people did before the upgrade."""

    screen: Screen
    relay: ScriptedServer
    var: Path

    def go_through(self) -> dict[str, Any]:
        """All of it; which runs can be gone on with, what the operator set, and what the open review shows."""
        self.relay.script(*month.FAULTS)
        runs = {"trial": self._codify(month.CARE_HOME, month.TRIAL, "COMPLETED", pied_de_mail=month.FOOTER)}
        runs["failed_trial"] = self._codify(month.LIVING_HOME, month.FAILED_TRIAL, "FAILED")
        self._run(MONTHLY, "COMPLETED", periode=month.EARLIER, relecture=False)
        runs["stopped"] = self._stopped_campaign()
        self._settle()
        self._run(
            "editer-les-courriers",
            "COMPLETED",
            periode=month.PERIOD,
            structures=[month.CARE_HOME],
            seulement=[month.PRINTED],
        )
        # By e-mail to who has an address, then a letter to who has none.
        self._run("relances", "COMPLETED", date_de_reference=month.REMINDED_ON, relecture=False)
        self._run("relances", "COMPLETED", date_de_reference=month.REMINDED_ON, relecture=False, mode="courrier")
        runs["review"] = self.screen.start(MONTHLY, periode=month.PERIOD, structures=[month.LIVING_HOME])
        shown = self.screen.form(runs["review"])["retirer"]["items"]["enum"]
        schedule = {
            "active": True,
            "schedule": {"cron": "30 6 4 * *", "timezone": "Europe/Paris"},
            "parameters": {"relecture": True, "structures": [month.CARE_HOME]},
        }
        self.screen.set_schedule(MONTHLY, **schedule)
        return {"runs": runs, "shown": shown, "schedule": schedule}

    def _stopped_campaign(self) -> str:
        """The campaign of the care home: each fate once, and then the mail server refuses the account."""
        self.relay.script(*month.FAULTS, *month.STOPS)
        key = hashlib.sha256(month.invoice_of_another_software()).hexdigest()
        (self.var / "archive" / key[:2] / key).unlink()
        run = self.screen.start(MONTHLY, periode=month.PERIOD, structures=[month.CARE_HOME], relecture=False)
        self._expect(run, "FAILED")
        return run

    def _settle(self) -> None:
        """Of the two uncertain sendings a clerk knows of one that it arrived."""
        run = self.screen.start("regler-les-incertains")
        labels = self.screen.form(run)["bien_arrives"]["items"]["enum"]
        arrived = [label for label in labels if "denis@example.org" in label]
        self.screen.answer(run, vos_initiales=month.INITIALS, motif=month.MOTIVE, bien_arrives=arrived)
        self._expect(run, "COMPLETED")

    def _codify(self, structure: str, trial: str, end: str, **typed: str) -> str:
        run = self.screen.start("codifier-une-structure", structure=structure, essai_vers=trial)
        self.screen.answer(run, vos_initiales=month.INITIALS, **typed)
        self._expect(run, end)
        return run

    def _run(self, flow: str, end: str, **parameters: Any) -> None:
        self._expect(self.screen.start(flow, **parameters), end)

    def _expect(self, run: str, end: str) -> None:
        state = self.screen.end_of(run)
        print(f"  {state['type']}: {state['message']}", flush=True)
        assert state["type"] == end, state


def _output(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
