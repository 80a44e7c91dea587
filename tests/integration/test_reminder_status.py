"""``facteur status --reminders``: no overdue invoice falls through, on both databases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.cli.__main__ import main
from flows.cli.commands.sample import write_sample
from models.rules.coverage import Coverage
from models.rules.reminder_coverage import DESELECTED
from models.rules.reminders import NotDue
from models.values.kinds import Channel
from tasks.imports.run import import_source
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.shown import read_shown_reminders
from tests.reminders_workplace import add_client, add_overdue, overdue, plan, remind
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace

DAY = "2024-11-15"


@pytest.fixture
def sample(
    database_url: str, tmp_path: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]
) -> Workplace:
    """The sample association, imported."""
    settings_for(database_url, relay)
    write_sample(tmp_path / "sample")
    assert import_source(tmp_path / "sample", database_url, tmp_path / "var" / "archive").accepted
    return Workplace(database_url, relay)


def status(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["status", "--reminders", "--date", DAY, *words]) == 0
    return capsys.readouterr().out


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(status(capsys, "--json"))
    return answer


def by_number(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {invoice["number"]: invoice for invoice in answer["invoices"]}


def test_the_sample_shows_every_reason_and_the_classes_add_up(
    sample: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before and after a campaign: what is mailed, what is left for letters, and each reason for an exclusion."""
    before = found(capsys)
    assert (before["date"], before["total"]) == (DAY, len(before["invoices"]))
    assert before["total"] == len(overdue(sample, date(2024, 11, 15)))
    reasons = Counter(invoice["reason"] for invoice in before["invoices"] if invoice["coverage"] == "excluded")
    assert set(reasons) == {
        NotDue.NO_DUE_DATE,
        NotDue.DISPUTED,
        NotDue.SUSPENDED,
        NotDue.BELOW_MINIMUM,
        NotDue.TOO_SOON,
    }
    due = [invoice for invoice in before["invoices"] if invoice["coverage"] == "waiting"]
    assert {invoice["due_level"] for invoice in due} == {1}
    assert max(Counter(invoice["client"] for invoice in due).values()) == 12
    clients = {invoice["client"] for invoice in due if not invoice["no_address"]}
    assert remind(sample) == ["Envoyé"] * len(clients)
    after = found(capsys)
    mailed = sum(not invoice["no_address"] for invoice in due)
    assert after["coverage"] == before["coverage"] | {"mailed": mailed, "waiting": len(due) - mailed}
    assert sum(after["coverage"].values()) == after["total"] == before["total"]
    assert list(after["coverage"]) == [coverage.value for coverage in Coverage]
    assert remind(sample) == []


def test_each_invoice_tells_how_it_was_reminded_of(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    """By which channel, to which address, with the server's reply; refused, uncertain and left out are told apart."""
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="refused@*"),
        Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="lost@*"),
    )
    numbers = {
        name: add_overdue(workplace, add_client(workplace, name, f"{name}@example.org" if mailed else ""), 40)
        for name, mailed in (("sent", 1), ("refused", 1), ("lost", 1), ("letter", 0), ("out", 1))
    }
    campaign = plan(workplace)
    lines = {line.label.partition(" ")[0]: line.document_id for line in read_shown_reminders(campaign)}
    channels = {lines[name]: Channel.EMAIL for name in ("sent", "refused", "lost")} | {lines["letter"]: Channel.LETTER}
    store_reminder_choice(campaign, ReminderChoice(channels, initials="ML"))
    workplace.send(campaign)
    invoices = by_number(found(capsys))
    told = {name: invoices[number] for name, number in numbers.items()}
    assert {name: (one["coverage"], one["reason"]) for name, one in told.items()} == {
        "sent": (Coverage.MAILED, None),
        "refused": (Coverage.FAILED, None),
        "lost": (Coverage.UNCERTAIN, None),
        "letter": (Coverage.WAITING, None),
        "out": (Coverage.EXCLUDED, DESELECTED),
    }
    assert (told["sent"]["level_reached"], told["refused"]["level_reached"]) == (1, 0)
    assert told["sent"]["reminded_on"] is not None
    last = told["sent"]["last_reminder"]
    assert (last["channel"], last["progress"], last["level"]) == ("email", "mailed", 1)
    assert (last["deliveries"][0]["state"], last["deliveries"][0]["evidence"]["code"]) == ("accepted", 250)
    refused = told["refused"]["last_reminder"]["deliveries"][0]
    assert (refused["address"], refused["evidence"]["enhanced"]) == ("refused@example.org", "5.1.1")
    assert (told["letter"]["last_reminder"]["channel"], told["letter"]["last_reminder"]["deliveries"]) == ("letter", [])
    assert told["out"]["last_reminder"] is None
    text = status(capsys)
    assert "factures échues           5" in text
    assert "exclue (écartée à la relecture)" in text
    assert "dernière : relance 1, courrier, à imprimer" in text
    assert "dernière : relance 1, e-mail, envoyée" in text
    assert "550 5.1.1 no such user" in text
    assert "120,00" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(("--reminders", "--date", "15/11/2024"), "La date « 15/11/2024 » n'est pas reconnue", id="date"),
        pytest.param(("--period", "2024-09", "--date", DAY), "« --date » ne va qu'avec « --reminders »", id="period"),
    ],
)
@pytest.mark.usefixtures("workplace")
def test_a_wrong_option_is_one_sentence(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, as for every wrong option."""
    assert main(["status", *words]) == 2
    assert capsys.readouterr().out.startswith(sentence)


@pytest.mark.usefixtures("workplace")
def test_without_anything_overdue_the_total_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """And a period and reminders are not asked for at once."""
    assert found(capsys)["total"] == 0
    with pytest.raises(SystemExit) as stopped:
        main(["status", "--reminders", "--period", "2024-09"])
    assert stopped.value.code == 2
