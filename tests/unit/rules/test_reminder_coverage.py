"""How far a reminder has come, and the one class of an overdue invoice, as case tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.coverage import Coverage
from models.rules.reminder_coverage import DESELECTED, MailFact, Progress, progress, reminder_coverage
from models.rules.reminders import NotDue
from models.rules.states import DeliveryState

S = DeliveryState
NOON = datetime(2024, 11, 15, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def mail(state: DeliveryState, *, unwritten: bool = False) -> MailFact:
    return MailFact(state, NOON, unwritten)


@pytest.mark.parametrize(
    ("is_letter", "mails", "printed_at", "expected"),
    [
        pytest.param(False, [mail(S.ACCEPTED)], None, Progress.MAILED, id="accepted"),
        pytest.param(False, [mail(S.UNCERTAIN)], AFTER, Progress.UNCERTAIN, id="uncertain, whatever was printed"),
        pytest.param(False, [mail(S.REFUSED)], None, Progress.FAILED, id="refused"),
        pytest.param(False, [mail(S.REFUSED)], BEFORE, Progress.FAILED, id="printed before it was refused"),
        pytest.param(False, [mail(S.REFUSED)], AFTER, Progress.PRINTED, id="refused, then printed"),
        pytest.param(False, [mail(S.ABANDONED)], None, Progress.FAILED, id="given up"),
        pytest.param(False, [mail(S.PLANNED, unwritten=True)], None, Progress.FAILED, id="not composed"),
        pytest.param(False, [mail(S.PLANNED)], None, Progress.UNDER_WAY, id="planned"),
        pytest.param(False, [mail(S.DEFERRED)], None, Progress.UNDER_WAY, id="deferred"),
        pytest.param(False, [mail(S.HANDING_OVER)], None, Progress.UNDER_WAY, id="at the dot"),
        pytest.param(False, [mail(S.WITHDRAWN)], None, Progress.WITHDRAWN, id="withdrawn"),
        pytest.param(True, [], None, Progress.UNDER_WAY, id="a letter to print"),
        pytest.param(True, [], NOON, Progress.PRINTED, id="a letter that was printed"),
    ],
)
def test_progress(is_letter: bool, mails: list[MailFact], printed_at: datetime | None, expected: Progress) -> None:
    """The worst of its mails counts, unless it was printed since."""
    assert progress(is_letter, mails, printed_at) is expected


@pytest.mark.parametrize(
    ("due", "last", "deselected", "expected"),
    [
        pytest.param(1, None, False, (Coverage.WAITING, ""), id="due, never reminded"),
        pytest.param(1, None, True, (Coverage.EXCLUDED, DESELECTED), id="due, left out by a person"),
        pytest.param(2, Progress.MAILED, False, (Coverage.WAITING, ""), id="the next level is due"),
        pytest.param(1, Progress.WITHDRAWN, False, (Coverage.WAITING, ""), id="withdrawn, and due again"),
        pytest.param(1, Progress.FAILED, False, (Coverage.FAILED, ""), id="failed, though due again"),
        pytest.param(1, Progress.FAILED, True, (Coverage.FAILED, ""), id="failed comes before left out"),
        pytest.param(NotDue.UNDER_WAY, Progress.UNCERTAIN, False, (Coverage.UNCERTAIN, ""), id="uncertain"),
        pytest.param(NotDue.UNDER_WAY, Progress.UNDER_WAY, False, (Coverage.WAITING, ""), id="under way"),
        pytest.param(NotDue.RECENT, Progress.MAILED, False, (Coverage.MAILED, ""), id="mailed lately"),
        pytest.param(NotDue.RECENT, Progress.PRINTED, False, (Coverage.PRINTED, ""), id="printed lately"),
        pytest.param(NotDue.LAST_LEVEL, Progress.PRINTED, False, (Coverage.PRINTED, ""), id="formal notice printed"),
        pytest.param(NotDue.TOO_SOON, None, False, (Coverage.EXCLUDED, "too-soon"), id="overdue for too few days"),
        pytest.param(NotDue.TOO_SOON, Progress.MAILED, False, (Coverage.MAILED, ""), id="next level not yet due"),
        pytest.param(NotDue.DISPUTED, None, False, (Coverage.EXCLUDED, "disputed"), id="disputed"),
        pytest.param(NotDue.DISPUTED, Progress.MAILED, False, (Coverage.EXCLUDED, "disputed"), id="disputed since"),
        pytest.param(NotDue.SUSPENDED, None, True, (Coverage.EXCLUDED, "suspended"), id="suspended"),
        pytest.param(NotDue.BELOW_MINIMUM, None, False, (Coverage.EXCLUDED, "below-minimum"), id="too small"),
        pytest.param(NotDue.NO_DUE_DATE, None, False, (Coverage.EXCLUDED, "no-due-date"), id="without due date"),
    ],
)
def test_the_class_of_an_overdue_invoice(
    due: int | NotDue, last: Progress | None, deselected: bool, expected: tuple[Coverage, str]
) -> None:
    """Nobody falls through: what is excluded says why."""
    assert reminder_coverage(due, last, deselected) == expected
