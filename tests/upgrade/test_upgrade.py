"""A ``var/`` of an older commit is brought up by ``facteur up`` of this tree, and goes on.

Every ``var/`` that is kept goes through all of it. Nothing here looks into a table: what counts is what the product
says, what Prefect shows, and what arrives at the mail server.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.flows.facteur_process import PROJECT, Up, environment, facteur
from tests.smtp_server import ScriptedServer
from tests.upgrade import month
from tests.upgrade.kept import POSTGRESQL, Kept, all_kept
from tests.upgrade.make_var import MONTHLY, paper, status, surroundings
from tests.upgrade.screen import Screen

pytestmark = pytest.mark.timeout(900)  # a real Facteur on a busy machine; each waiting has its own limit


@dataclass(frozen=True)
class Upgraded:
    """An older ``var/`` under this tree; ``before`` is what was told of it then."""

    screen: Screen
    relay: ScriptedServer
    env: dict[str, str]
    before: dict[str, Any]

    def invoices(self) -> dict[str, dict[str, Any]]:
        """The invoices of the month today, by number."""
        return by_number(status(self.env, PROJECT, "--period", month.PERIOD))

    def classes(self) -> dict[str, str]:
        return {number: invoice["coverage"] for number, invoice in self.invoices().items()}

    def recipients(self) -> list[str]:
        """Whom the mail server has taken something for since the upgrade."""
        return sorted(message.recipients[0] for message in self.relay.messages())

    def bring(self, folder: Path) -> None:
        """Import what came after the upgrade."""
        month.write_late(folder)
        found = facteur("import", str(folder), env=self.env)
        assert found.returncode == 0, found.stdout + found.stderr


def by_number(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {invoice["number"]: invoice for invoice in found["invoices"]}


def lay_out(kept: Kept, folder: Path, relay: ScriptedServer, request: pytest.FixtureRequest) -> dict[str, str]:
    """The ``var/`` as it was, and the environment of who runs it."""
    server = request.getfixturevalue("postgresql_server") if kept.database == POSTGRESQL else ""
    url = kept.lay_out(folder / "var", server)
    return environment(folder / "var", surroundings(relay, url))


KEPT = pytest.mark.parametrize("kept", all_kept(), ids=lambda kept: f"{kept.tag}-{kept.database}")


@KEPT
def test_the_migration_alone_changes_no_word_of_what_is_told(
    kept: Kept, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each class, each sending with its evidence, each printing and each reminder is what the old code said."""
    with ScriptedServer(tmp_path / "relay") as relay:
        env = lay_out(kept, tmp_path, relay, request)
        assert facteur("migrate", env=env).returncode == 0
        before = kept.about
        for period, told in before["status"].items():
            assert_told_again(told, status(env, PROJECT, "--period", period))
        told = status(env, PROJECT, "--reminders", "--date", month.REMINDED_ON)
        assert_told_again(before["reminders"], told)
        assert relay.messages() == []


def assert_told_again(before: Any, now: Any, where: str = "") -> None:
    """All that was told before is told now, in the same words; more may be, and a remark may stand elsewhere."""
    if isinstance(before, dict):
        assert isinstance(now, dict), where
        for key, value in before.items():
            if key == "note":
                assert value in json.dumps(now, ensure_ascii=False), f"{where}: {value}"
                continue
            assert key in now, f"{where}/{key} is told no more"
            assert_told_again(value, now[key], f"{where}/{key}")
    elif isinstance(before, list):
        assert isinstance(now, list), where
        assert len(now) == len(before), where
        for position, (old, new) in enumerate(zip(before, now, strict=True)):
            assert_told_again(old, new, f"{where}/{position}")
    else:
        assert now == before, where


@pytest.fixture(scope="module", params=all_kept(), ids=lambda kept: f"{kept.tag}-{kept.database}")
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """One ``facteur up`` for all tests below: they come one after the other, as the days of a month do."""
    kept: Kept = request.param
    folder = tmp_path_factory.mktemp("upgrade")
    with ScriptedServer(folder / "relay") as relay:
        env = lay_out(kept, folder, relay, request)
        up = Up.start(env)
        try:
            yield Upgraded(Screen(up), relay, env, kept.about)
        finally:
            assert up.end() == 0, up.lines[-5:]  # all of it ran to the end, and ends on Ctrl-C
            up.wait_until_nothing_is_left()


def test_every_invoice_is_in_the_class_it_was_in(upgraded: Upgraded) -> None:
    """But for the deferred one, if a quarter of an hour has just begun."""
    found = upgraded.classes()
    assert found.pop(month.DEFERRED) in {"waiting", "mailed"}
    assert found == {number: told for number, told in month.CLASSES.items() if number != month.DEFERRED}


def test_the_operators_schedule_is_as_he_set_it(upgraded: Upgraded) -> None:
    """Active, at his hour, with his parameters, and once; the others are neither switched on nor lost."""
    (found,) = upgraded.screen.schedules(MONTHLY)
    wanted = upgraded.before["schedule"]
    assert (found["active"], found["parameters"]) == (wanted["active"], wanted["parameters"])
    assert {key: found["schedule"][key] for key in wanted["schedule"]} == wanted["schedule"]
    others = ("relances", "reprendre-les-differes", "purger-les-donnees")
    assert [s["active"] for flow in others for s in upgraded.screen.schedules(flow)] == [False, True, False]


def test_what_was_changed_tried_decided_and_printed_is_still_told(upgraded: Upgraded) -> None:
    """By whom, when it matters, and in the words of then."""
    screen = upgraded.screen
    history = screen.start("historique", resident="DENIS")
    codifying = screen.start("codifier-une-structure", structure=month.CARE_HOME)
    assert screen.form(codifying)["pied_de_mail"]["default"] == month.FOOTER
    page = screen.pages(codifying)
    assert f"| {month.INITIALS} | Pied de mail | (vide) | {month.FOOTER} |" in page
    assert month.TRIAL in page
    assert "accepté" in page
    assert screen.end_of(history)["type"] == "COMPLETED"
    assert month.MOTIVE in screen.pages(history)
    print_again = screen.run("editer-les-courriers", refaire=printed_file(upgraded.env))
    assert print_again["type"] == "COMPLETED", print_again


def printed_file(env: dict[str, str]) -> str:
    """The file of the invoice that was printed before the upgrade."""
    (found,) = (Path(env["FACTEUR_VAR"]) / "impressions").glob(f"courriers-{month.PERIOD}-*.pdf")
    found.unlink()  # lost: what it held is in the ledger
    return found.name


def test_an_accepted_trial_is_not_made_again_and_a_failed_one_is(upgraded: Upgraded) -> None:
    """Whichever Retry is pressed."""
    assert upgraded.screen.retry(upgraded.before["runs"]["trial"], force=True)["type"] == "COMPLETED"
    assert month.TRIAL not in upgraded.recipients()
    assert upgraded.screen.retry(upgraded.before["runs"]["failed_trial"])["type"] == "COMPLETED"
    assert Counter(upgraded.recipients())[month.FAILED_TRIAL] == 1


def test_a_deferred_sending_leaves_when_it_is_due(upgraded: Upgraded) -> None:
    """By the resumption alone, which takes nothing else."""
    sent = set(upgraded.recipients())
    assert upgraded.screen.run("reprendre-les-differes")["type"] == "COMPLETED"
    assert set(upgraded.recipients()) - sent <= {"emery@example.org"}
    assert upgraded.classes() == month.CLASSES | {month.DEFERRED: "mailed"}


def test_a_retry_sends_what_the_stopped_campaign_left_and_nothing_else(upgraded: Upgraded) -> None:
    """The half-sent invoice goes to the one address that misses it; refused and uncertain ones are left alone."""
    sent = Counter(upgraded.recipients())
    state = upgraded.screen.retry(upgraded.before["runs"]["stopped"])
    assert state["type"] == "FAILED", state  # for the refused, the uncertain and the one that cannot be composed
    left = Counter(upgraded.recipients()) - sent
    assert left == Counter(f"{name}@example.org" for name in ("tuteur.roux", "hubert", "tuteur.udaf", "imbert"))
    mailed = dict.fromkeys((month.DEFERRED, month.HALF_SENT, *month.WAITING), "mailed")
    assert upgraded.classes() == month.CLASSES | mailed


def test_the_open_review_sends_exactly_what_it_showed(upgraded: Upgraded, tmp_path: Path) -> None:
    """An invoice that came meanwhile is not in it, and a line that is taken out does not leave."""
    review = upgraded.before["runs"]["review"]
    labels = upgraded.screen.form(review)["retirer"]["items"]["enum"]
    assert labels == upgraded.before["shown"]
    upgraded.bring(tmp_path / "late")
    sent = Counter(upgraded.recipients())
    taken_out = [label for label in labels if month.TAKEN_OUT in label]
    upgraded.screen.answer(review, vos_initiales=month.INITIALS, retirer=taken_out)
    assert upgraded.screen.end_of(review)["type"] == "COMPLETED"
    left = Counter(upgraded.recipients()) - sent
    assert left == Counter(f"{name}@example.org" for name in ("noel", "olivier", "tuteur.udaf"))


def test_nothing_leaves_twice_when_the_month_is_run_again(upgraded: Upgraded) -> None:
    """Only what never left does, now that it can; an uncertain sending stays one until a person decides."""
    reminders = upgraded.screen.start("relances", date_de_reference=month.REMINDED_ON, relecture=False)
    upgraded.screen.run("relancer-les-echecs", periode=month.PERIOD)  # the missing PDF has been imported
    state = upgraded.screen.run(MONTHLY, periode=month.PERIOD, relecture=False)
    assert upgraded.screen.end_of(reminders)["type"] == "COMPLETED"
    kept_back = (month.DEFERRED, month.HALF_SENT, *month.WAITING, *month.SHOWN, month.LATE, month.UNWRITTEN)
    assert upgraded.classes() == month.CLASSES | dict.fromkeys(kept_back, "mailed"), state
    papers = [paper(message) for message in upgraded.relay.messages()]
    assert len({tuple(found) for found in papers}) == len(papers)
    assert not [found for found in papers if found in upgraded.before["papers"]]
    identifiers = {message_from_bytes(message.content)["Message-ID"] for message in upgraded.relay.messages()}
    assert not identifiers & set(upgraded.before["message_ids"])
    uncertain = upgraded.invoices()[month.UNCERTAIN]
    assert uncertain["deliveries"] == by_number(upgraded.before["status"][month.PERIOD])[month.UNCERTAIN]["deliveries"]
