"""An invoice is reminded of when its terms say so, one level at a time, and never while something stands against it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules.reminders import InvoiceFacts, LevelTerms, NotDue, due_level

LEVELS = (LevelTerms(8, 0), LevelTerms(30, 15), LevelTerms(45, 10))
MINIMUM = Decimal("15.00")
TODAY = date(2024, 11, 15)
DAY = timedelta(days=1)


def overdue(days: int, **changes: object) -> InvoiceFacts:
    """An invoice of 120.50 € that was due so many days ago."""
    return replace(InvoiceFacts(TODAY - days * DAY, Decimal("120.50")), **changes)  # type: ignore[arg-type]


def reached(level: int, days_ago: int | None, days: int = 400, **changes: object) -> InvoiceFacts:
    """An invoice that was reminded of at ``level`` so many days ago, on whatever channel."""
    on = None if days_ago is None else TODAY - days_ago * DAY
    return overdue(days, level_reached=level, reminded_on=on, **changes)


def level(facts: InvoiceFacts, levels: tuple[LevelTerms, ...] = LEVELS, minimum: Decimal = MINIMUM) -> int | NotDue:
    return due_level(facts, levels, minimum, TODAY)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(overdue(7), NotDue.TOO_SOON, id="first: the day before its delay"),
        pytest.param(overdue(8), 1, id="first: on the day"),
        pytest.param(overdue(9), 1, id="first: the day after"),
        pytest.param(reached(1, 20, days=29), NotDue.TOO_SOON, id="second: the day before its delay"),
        pytest.param(reached(1, 20, days=30), 2, id="second: on the day"),
        pytest.param(reached(1, 20, days=31), 2, id="second: the day after"),
        pytest.param(reached(2, 20, days=44), NotDue.TOO_SOON, id="third: the day before its delay"),
        pytest.param(reached(2, 20, days=45), 3, id="third: on the day"),
        pytest.param(reached(2, 20, days=46), 3, id="third: the day after"),
    ],
)
def test_the_delay_after_the_due_date(facts: InvoiceFacts, expected: int | NotDue) -> None:
    """A level is due from the day on which so many days have passed since the due date."""
    assert level(facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(reached(1, 14), NotDue.RECENT, id="second: the day before its interval"),
        pytest.param(reached(1, 15), 2, id="second: on the day"),
        pytest.param(reached(1, 16), 2, id="second: the day after"),
        pytest.param(reached(2, 9), NotDue.RECENT, id="third: the day before its interval"),
        pytest.param(reached(2, 10), 3, id="third: on the day"),
        pytest.param(reached(2, 11), 3, id="third: the day after"),
        pytest.param(reached(1, 0), NotDue.RECENT, id="reminded of today"),
        pytest.param(reached(1, -1), NotDue.RECENT, id="a letter dated tomorrow"),
        pytest.param(reached(1, None), 2, id="a level known without its day"),
        pytest.param(reached(1, 14, days=29), NotDue.RECENT, id="both delays run: the reminder is told"),
    ],
)
def test_the_interval_after_the_reminder_before(facts: InvoiceFacts, expected: int | NotDue) -> None:
    """A client has so many days to answer a reminder, by letter or by e-mail, before the next one is due."""
    assert level(facts) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(-1, NotDue.NOT_OVERDUE, id="due tomorrow"),
        pytest.param(0, NotDue.NOT_OVERDUE, id="due today"),
        pytest.param(1, 1, id="due yesterday"),
    ],
)
def test_the_due_date_is_a_day_to_pay(days: int, expected: int | NotDue) -> None:
    """Even a policy without any delay reminds of nothing that can still be paid in time."""
    assert level(overdue(days), (LevelTerms(0, 0),)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(overdue(60, disputed=True), NotDue.DISPUTED, id="disputed"),
        pytest.param(overdue(60, disputed=False), 1, id="not disputed"),
        pytest.param(overdue(60, suspended_until=TODAY - DAY), 1, id="suspension ended yesterday"),
        pytest.param(overdue(60, suspended_until=TODAY), NotDue.SUSPENDED, id="suspension ends today"),
        pytest.param(overdue(60, suspended_until=TODAY + DAY), NotDue.SUSPENDED, id="suspension ends tomorrow"),
        pytest.param(overdue(60, balance=Decimal("50.00")), 1, id="paid in part"),
        pytest.param(overdue(60, balance=Decimal("14.99")), NotDue.BELOW_MINIMUM, id="a cent below the minimum"),
        pytest.param(overdue(60, balance=Decimal("15.00")), 1, id="the minimum itself"),
        pytest.param(overdue(60, balance=Decimal("15.01")), 1, id="a cent above the minimum"),
        pytest.param(overdue(60, balance=Decimal(0)), NotDue.PAID, id="paid"),
        pytest.param(overdue(60, balance=Decimal("-0.01")), NotDue.PAID, id="paid too much"),
        pytest.param(overdue(60, due_on=None), NotDue.NO_DUE_DATE, id="no due date"),
        pytest.param(overdue(60, under_way=True), NotDue.UNDER_WAY, id="a reminder under way"),
        pytest.param(reached(1, 60, under_way=True), NotDue.UNDER_WAY, id="the second under way"),
        pytest.param(reached(3, 60), NotDue.LAST_LEVEL, id="the last level reached"),
        pytest.param(reached(3, 0), NotDue.LAST_LEVEL, id="the last level reached today"),
        pytest.param(reached(4, 60), NotDue.LAST_LEVEL, id="a level that the policy no longer has"),
        pytest.param(reached(2, 60, disputed=True), NotDue.DISPUTED, id="disputed after two reminders"),
        pytest.param(reached(2, 60, balance=Decimal("40.00")), 3, id="paid in part after two reminders"),
    ],
)
def test_what_stands_against_a_reminder(facts: InvoiceFacts, expected: int | NotDue) -> None:
    """A dispute, a suspension up to its last day, too small a balance, one under way, no level left."""
    assert level(facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(overdue(45), 1, id="as late as for the third"),
        pytest.param(overdue(3650), 1, id="ten years"),
        pytest.param(reached(1, 3000, days=3650), 2, id="ten years, reminded of once"),
        pytest.param(reached(2, 3000, days=3650), 3, id="ten years, reminded of twice"),
        pytest.param(reached(1, 15, days=45), 2, id="by letter a fortnight ago"),
    ],
)
def test_one_level_at_a_time(facts: InvoiceFacts, expected: int) -> None:
    """However long it is overdue: nobody gets a formal notice without a reminder before it."""
    assert level(facts) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"balance": Decimal(0), "due_on": None}, NotDue.PAID, id="paid before all"),
        pytest.param({"due_on": None, "disputed": True}, NotDue.NO_DUE_DATE, id="no due date before disputed"),
        pytest.param({"due_on": TODAY, "disputed": True}, NotDue.NOT_OVERDUE, id="not overdue before disputed"),
        pytest.param({"disputed": True, "suspended_until": TODAY}, NotDue.DISPUTED, id="disputed before suspended"),
        pytest.param(
            {"suspended_until": TODAY, "balance": Decimal(1)}, NotDue.SUSPENDED, id="suspended before a small balance"
        ),
        pytest.param({"balance": Decimal(1), "under_way": True}, NotDue.BELOW_MINIMUM, id="small before under way"),
        pytest.param({"under_way": True, "level_reached": 3}, NotDue.UNDER_WAY, id="under way before the last level"),
        pytest.param({"level_reached": 3, "reminded_on": TODAY}, NotDue.LAST_LEVEL, id="last level before recent"),
    ],
)
def test_the_first_reason_is_told(changes: dict[str, object], expected: NotDue) -> None:
    """Where several reasons fit, the clerk reads the one that comes first in their order."""
    assert level(overdue(60, **changes)) == expected


def test_a_policy_without_levels_reminds_of_nothing() -> None:
    """No level is the last one."""
    assert level(overdue(60), ()) == NotDue.LAST_LEVEL


DAYS = st.integers(-20, 800)
TERMS = st.builds(LevelTerms, st.integers(0, 90), st.integers(0, 60))
FACTS = st.builds(
    InvoiceFacts,
    due_on=st.none() | DAYS.map(lambda days: TODAY - days * DAY),
    balance=st.decimals(min_value=-100, max_value=999_999, places=2),
    disputed=st.booleans(),
    suspended_until=st.none() | st.integers(-3, 3).map(lambda days: TODAY + days * DAY),
    level_reached=st.integers(0, 4),
    reminded_on=st.none() | DAYS.map(lambda days: TODAY - days * DAY),
    under_way=st.booleans(),
)
POLICIES = st.lists(TERMS, max_size=3).map(tuple)
MINIMA = st.decimals(min_value=0, max_value=100, places=2)
# Nothing stands against these but delays: without them hardly any drawn invoice would be due.
FREE = st.builds(
    InvoiceFacts,
    due_on=st.integers(1, 800).map(lambda days: TODAY - days * DAY),
    balance=st.decimals(min_value=100, max_value=999_999, places=2),
    suspended_until=st.none() | st.integers(-3, -1).map(lambda days: TODAY + days * DAY),
    level_reached=st.integers(0, 2),
    reminded_on=st.none() | st.integers(0, 400).map(lambda days: TODAY - days * DAY),
)
THREE_LEVELS = st.lists(TERMS, min_size=3, max_size=3).map(tuple)


def stands_against(facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum: Decimal) -> bool:
    return any(
        [
            facts.balance <= 0,
            facts.balance < minimum,
            facts.due_on is None or facts.due_on >= TODAY,
            facts.disputed,
            facts.suspended_until is not None and facts.suspended_until >= TODAY,
            facts.under_way,
            facts.level_reached >= len(levels),
        ]
    )


@given(FREE | FACTS, THREE_LEVELS, MINIMA)
def test_a_level_is_never_skipped(facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum: Decimal) -> None:
    """What is due is the level after the one reached, one of the policy, and only after both its delays."""
    due = level(facts, levels, minimum)
    assume(isinstance(due, int))
    assert isinstance(due, int)
    assert due == facts.level_reached + 1 <= len(levels)
    terms = levels[due - 1]
    assert facts.due_on is not None
    assert facts.due_on + max(terms.days_overdue, 1) * DAY <= TODAY
    assert facts.reminded_on is None or facts.reminded_on + terms.interval_days * DAY <= TODAY


@given(FACTS, POLICIES, MINIMA)
def test_nothing_is_due_when_something_stands_against_it(
    facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum: Decimal
) -> None:
    """Whatever the delays say."""
    assume(stands_against(facts, levels, minimum))
    due = level(facts, levels, minimum)
    assert isinstance(due, NotDue)
    assert due not in {NotDue.TOO_SOON, NotDue.RECENT}


@given(FREE, THREE_LEVELS, MINIMA)
def test_what_nothing_stands_against_is_due(
    facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum: Decimal
) -> None:
    """The rule is these reasons, its delays, and no other."""
    assume(not stands_against(facts, levels, minimum))
    due = level(facts, levels, minimum)
    assert isinstance(due, int) or due in {NotDue.TOO_SOON, NotDue.RECENT}


@given(FREE | FACTS, THREE_LEVELS, MINIMA, st.integers(1, 400))
def test_what_is_due_stays_due(
    facts: InvoiceFacts, levels: tuple[LevelTerms, ...], minimum: Decimal, later: int
) -> None:
    """A reminder that nobody sent today is due tomorrow too, at the same level."""
    due = level(facts, levels, minimum)
    assume(isinstance(due, int))
    assert due_level(facts, levels, minimum, TODAY + later * DAY) == due
