"""Rows are shared out to pages without losing, doubling or crowding any."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.documents.table import CARRY_HEIGHT, MOST_LINES, Row, paginate, rows_of
from tasks.documents.typography import rendering

ROWS = st.lists(
    st.builds(
        Row,
        st.integers(1, MOST_LINES).map(lambda count: ("texte",) * count),
        st.just(()),
        st.decimals(min_value=-9999, max_value=9999, places=2),
    ),
    max_size=80,
)
TALLEST_ROW = Row(("texte",) * MOST_LINES, (), Decimal(0)).height


@given(
    ROWS,
    st.floats(TALLEST_ROW + CARRY_HEIGHT, 480),
    st.floats(TALLEST_ROW + 2 * CARRY_HEIGHT, 650),
    st.floats(50, TALLEST_ROW),
)
def test_pages_hold_all_rows_and_carry_their_totals(
    rows: list[Row], first_room: float, next_room: float, ending: float
) -> None:
    """Every row once and in order; each page fits; what is carried out is what is brought in, and adds up."""
    pages = paginate(rows, first_room, next_room, ending)
    assert [row for page in pages for row in page.rows] == rows
    total = Decimal(0)
    for index, page in enumerate(pages):
        first, last = index == 0, index == len(pages) - 1
        carries = CARRY_HEIGHT * ((not first) + (not last))
        used = sum(row.height for row in page.rows) + carries + (ending if last else 0)
        assert used <= (first_room if first else next_room) + 0.001
        assert page.brought == (None if first else total)
        total += sum((row.amount for row in page.rows), Decimal(0))
        assert page.carried == (None if last else total)


def test_what_follows_the_table_takes_a_row_along() -> None:
    """Totals alone on a page would look like another invoice's."""
    rows = [Row(("texte",), (), Decimal(1))] * 10
    room = sum(row.height for row in rows) + CARRY_HEIGHT
    pages = paginate(rows, room, 600, 100)
    assert [len(page.rows) for page in pages] == [9, 1]


def test_an_immense_label_becomes_several_rows() -> None:
    """Its amount counts once, and its text is whole."""
    label = " ".join(f"mot{number}" for number in range(600))
    with rendering():
        rows = rows_of(label, ("1,00 €",), Decimal(1), 200)
    assert " ".join(line for row in rows for line in row.label) == label
    assert [row.amount for row in rows] == [Decimal(1)] + [Decimal(0)] * (len(rows) - 1)
    assert [row.cells for row in rows] == [("1,00 €",)] + [("",)] * (len(rows) - 1)
    assert all(len(row.label) <= MOST_LINES for row in rows)
    assert len(rows) > 1
