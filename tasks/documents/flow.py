"""Blocks placed one under another, on as many pages as they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from tasks.documents.layout import BODY_BOTTOM, INSET, LEFT, Style, draw_lines

FEWEST_LINES = 2  # of a paragraph that are left alone on a page

Draw = Callable[[Canvas, float], object]


class Flow:
    """The pages of a paper as they fill: for each, what is drawn and at which top edge."""

    def __init__(self, first_top: float, next_top: float) -> None:
        self.pages: list[list[tuple[float, Draw]]] = [[]]
        self.y = first_top
        self._next_top = next_top

    @property
    def room(self) -> float:
        """What is left of the page, in points."""
        return BODY_BOTTOM - self.y

    @property
    def next_room(self) -> float:
        """What there is on an empty page but the first."""
        return BODY_BOTTOM - self._next_top

    def turn(self) -> None:
        """Go on at the top of a new page."""
        self.pages.append([])
        self.y = self._next_top

    def skip(self, gap: float) -> None:
        """Leave a gap, unless a page begins here."""
        if self.pages[-1]:
            self.y += gap

    def place(self, height: float, draw: Draw, *, gap: float = 0) -> None:
        """Place a block that stays whole; it must not be higher than an empty page."""
        self.skip(gap)
        if height > self.room:
            self.turn()
        self.pages[-1].append((self.y, draw))
        self.y += height

    def write(self, lines: Sequence[str], style: Style, *, gap: float = 0) -> None:
        """Write a wrapped paragraph; it goes on overleaf where it must, with two of its lines at least on each side."""
        self.skip(gap)
        rest = list(lines)
        while rest:
            fitting = int(self.room / style.leading)
            taken = len(rest) if fitting >= len(rest) else min(fitting, len(rest) - FEWEST_LINES)
            if taken < min(FEWEST_LINES, len(rest)):
                self.turn()
                continue
            self.place(taken * style.leading, _written(rest[:taken], style))
            rest = rest[taken:]


def _written(lines: Sequence[str], style: Style) -> Draw:
    return lambda canvas, top: draw_lines(canvas, LEFT + INSET, top + style.size, lines, style)
