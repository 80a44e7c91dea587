"""Blocks and paragraphs are shared out to pages without losing, doubling or crowding any."""

from collections import Counter
from datetime import date
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.documents import layout
from tasks.documents.flow import FEWEST_LINES, Flow
from tasks.documents.layout import BODY, BODY_BOTTOM
from tasks.documents.typography import rendering
from tests.unit.documents.papers import runs

FIRST_TOP, NEXT_TOP, GAP = 300.0, 90.0, 8.0
HEIGHTS = st.lists(st.floats(5, 400), max_size=40)


def _draws_nothing(*_: object) -> None:
    """What is drawn does not matter here."""


@given(HEIGHTS)
def test_blocks_stay_whole_and_apart(heights: list[float]) -> None:
    """Each block once and in order, below the one before it, and never over the end of its page."""
    flow = Flow(FIRST_TOP, NEXT_TOP)
    for height in heights:
        flow.place(height, _draws_nothing, gap=GAP)
    rest = list(heights)
    for index, page in enumerate(flow.pages):
        free_from = NEXT_TOP if index else FIRST_TOP
        for top, _ in page:
            assert top >= free_from - 0.001
            free_from = top + rest.pop(0)
            assert free_from <= BODY_BOTTOM + 0.001
    assert rest == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=8))
def test_no_line_of_a_paragraph_stands_alone(counts: list[int]) -> None:
    """A paragraph is written whole; where it goes on overleaf, at least two of its lines stand on each side."""
    flow = Flow(FIRST_TOP, NEXT_TOP)
    target = BytesIO()
    with rendering():
        for paragraph, count in enumerate(counts):
            flow.write([f"p{paragraph}"] * count, BODY, gap=GAP)
        canvas = layout.new_canvas(target, title="", author="", dated=date(2024, 11, 15))
        for page in flow.pages:
            for top, draw in page:
                draw(canvas, top)
            canvas.showPage()
        canvas.save()
    pages = [Counter(run.text for run in page) for page in runs(target.getvalue())]
    for paragraph, count in enumerate(counts):
        parts = [page[f"p{paragraph}"] for page in pages if page[f"p{paragraph}"]]
        assert sum(parts) == count
        assert len(parts) == 1 or min(parts) >= FEWEST_LINES
