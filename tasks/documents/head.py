"""The head of a paper: sender, title, window address, and the tinted strip that says whom and when it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from models.values.paper import Issuer
from tasks.documents import layout
from tasks.documents.layout import (
    CAPTION,
    INSET,
    LEFT,
    RIGHT,
    SMALL,
    STRONG,
    TINT,
    TITLE,
    TOP,
    WINDOW_BOTTOM,
    WINDOW_LEFT,
    Align,
    Style,
    draw_box,
    draw_lines,
    draw_rule,
    draw_text,
    mm,
)
from tasks.documents.typography import BOLD

ISSUER_ROOM = WINDOW_LEFT - LEFT - 8 * mm
TITLE_ROOM = RIGHT - WINDOW_LEFT
SUBTITLE_ROOM = 70 * mm
FACTS_TOP = WINDOW_BOTTOM + 8 * mm
FACT_ROOM = 35 * mm
FACT_TEXT_ROOM = FACT_ROOM - 2 * mm
FACTS_PADDING = 4 * mm
NEXT_TOP = TOP + 16 * mm

SUBTITLE = Style(11, 14, BOLD)
FACT = Style(9.5, 13, BOLD)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a first page, its texts wrapped; ``facts_bottom`` is where it ends."""

    title: str
    subtitle: str
    address: tuple[str, ...]
    issuer: list[tuple[str, Style]]
    person: tuple[str, list[str], list[str]]
    facts: list[tuple[str, list[str]]]
    facts_top: float
    facts_bottom: float

    def draw(self, canvas: Canvas) -> None:
        layout.draw_fold_marks(canvas)
        layout.draw_issuer(canvas, self.issuer)
        draw_text(canvas, RIGHT, TOP + TITLE.size - 3, self.title, TITLE, align=Align.RIGHT, room=TITLE_ROOM)
        y = TOP + TITLE.leading + SUBTITLE.size
        draw_text(canvas, RIGHT, y, self.subtitle, SUBTITLE, align=Align.RIGHT, room=SUBTITLE_ROOM)
        layout.draw_window_address(canvas, self.address)
        self._draw_facts(canvas)

    def _draw_facts(self, canvas: Canvas) -> None:
        draw_box(canvas, LEFT, self.facts_top, RIGHT, self.facts_bottom, TINT)
        caption_line = self.facts_top + FACTS_PADDING + CAPTION.size - 1
        first_line = caption_line + FACT.leading
        x = LEFT + INSET
        title, names, care_of = self.person
        draw_text(canvas, x, caption_line, title, CAPTION)
        draw_lines(canvas, x, draw_lines(canvas, x, first_line, names, FACT), care_of, SMALL)
        x = RIGHT - len(self.facts) * FACT_ROOM
        for label, lines in self.facts:
            draw_text(canvas, x, caption_line, label, CAPTION, room=FACT_TEXT_ROOM)
            draw_lines(canvas, x, first_line, lines, FACT)
            x += FACT_ROOM


def head_of(
    issuer: Issuer,
    title: str,
    subtitle: str,
    *,
    role: str,
    name: str,
    care_of: str = "",
    address: Sequence[str],
    facts: Sequence[tuple[str, str]],
) -> Head:
    """Wrap the texts of a head; ``role`` is what ``name`` is called ("Client"), facts without a text are left out."""
    known = [(label, FACT.wrap(text, FACT_TEXT_ROOM)) for label, text in facts if text.strip()]
    room = RIGHT - LEFT - len(known) * FACT_ROOM - 2 * INSET
    names = FACT.wrap(name, room)
    guardian = SMALL.wrap(f"s/c {care_of}", room) if care_of.strip() else []
    lines = layout.issuer_lines(issuer, ISSUER_ROOM)
    top = max(FACTS_TOP, TOP + sum(style.leading for _, style in lines) + 4 * mm)
    named = len(names) * FACT.leading + len(guardian) * SMALL.leading
    tallest = max([named, *(len(texts) * FACT.leading for _, texts in known)])
    height = CAPTION.leading + tallest + 2 * FACTS_PADDING - 2
    window = (name, *((f"s/c {care_of}",) if care_of.strip() else ()), *address)
    return Head(title, subtitle, window, lines, (role, names, guardian), known, top, top + height)


def draw_next_head(canvas: Canvas, issuer: Issuer, name: str, title: str, subtitle: str) -> None:
    """The shorter head of the second page and those after it, above ``NEXT_TOP``."""
    first, second = TOP + STRONG.size, TOP + STRONG.size + STRONG.leading
    draw_text(canvas, LEFT, first, issuer.structure, STRONG, room=92 * mm)
    draw_text(canvas, RIGHT, first, title, STRONG, align=Align.RIGHT, room=72 * mm)
    draw_text(canvas, LEFT, second, name, SMALL, room=92 * mm)
    draw_text(canvas, RIGHT, second, subtitle, SMALL, align=Align.RIGHT, room=72 * mm)
    draw_rule(canvas, LEFT, NEXT_TOP - 4 * mm, RIGHT)
