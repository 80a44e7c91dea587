"""What stands under the table of a paper: totals, the sum to pay, and how to pay it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reportlab.pdfgen.canvas import Canvas

from models.values.paper import Issuer
from tasks.documents import french
from tasks.documents.layout import (
    ACCENT,
    BODY,
    GREY,
    INSET,
    LEFT,
    RIGHT,
    SMALL,
    STRONG,
    WHITE,
    Align,
    Style,
    draw_box,
    draw_lines,
    draw_text,
    mm,
)
from tasks.documents.typography import BOLD

GAP = 6 * mm
TOTALS_LEFT = 118 * mm
NET_HEIGHT = 10 * mm
PAYMENT_LABEL_ROOM = 24 * mm
PAYMENT_LEFT = LEFT + INSET
PAYMENT_ROOM = TOTALS_LEFT - 6 * mm - PAYMENT_LEFT - PAYMENT_LABEL_ROOM

PAYMENT_TITLE = Style(9.5, 16, BOLD, ACCENT)
LABEL = Style(BODY.size, BODY.leading, colour=GREY)
NET = Style(12, 14, BOLD, WHITE)
TOTAL_LEADING = 15.5

Payment = tuple[tuple[str, tuple[str, ...], Style], ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a paper, its texts wrapped, so that its height is known before the rows share out the pages.

    ``totals`` lead to ``net``, the sum in the coloured box; ``mention`` is a legal one in small print.
    """

    totals: tuple[tuple[str, Decimal, Style], ...]
    net: tuple[str, Decimal]
    payment: Payment
    mention: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        """In points, the gap above included."""
        mention = len(self.mention) * SMALL.leading + GAP if self.mention else 0
        return GAP + max(self._totals_height, self._payment_height) + mention

    @property
    def _totals_height(self) -> float:
        return len(self.totals) * TOTAL_LEADING + 2 * mm + NET_HEIGHT

    @property
    def _payment_height(self) -> float:
        lines = sum(len(value) for _, value, _ in self.payment)
        return PAYMENT_TITLE.leading + lines * BODY.leading if self.payment else 0

    def draw(self, canvas: Canvas, top: float) -> None:
        """Draw it under the table whose bottom edge is ``top``."""
        top += GAP
        self._draw_totals(canvas, top)
        self._draw_payment(canvas, top)
        bottom = top + max(self._totals_height, self._payment_height)
        draw_lines(canvas, LEFT + INSET, bottom + GAP + SMALL.size, self.mention, SMALL)

    def _draw_totals(self, canvas: Canvas, y: float) -> None:
        room = (RIGHT - TOTALS_LEFT) / 2 - INSET
        for label, total, style in self.totals:
            draw_text(canvas, TOTALS_LEFT + INSET, y + style.size, label, style, room=room)
            amount = french.amount(total)
            draw_text(canvas, RIGHT - INSET, y + style.size, amount, style, align=Align.RIGHT, room=room)
            y += TOTAL_LEADING
        y += 2 * mm
        draw_box(canvas, TOTALS_LEFT, y, RIGHT, y + NET_HEIGHT, ACCENT)
        label, total = self.net
        baseline = y + (NET_HEIGHT + NET.size) / 2 - 1.5
        draw_text(canvas, TOTALS_LEFT + INSET, baseline, label, NET, room=room)
        amount = french.amount(total)
        draw_text(canvas, RIGHT - INSET, baseline, amount, NET, align=Align.RIGHT, room=room)

    def _draw_payment(self, canvas: Canvas, y: float) -> None:
        if not self.payment:
            return
        draw_text(canvas, PAYMENT_LEFT, y + PAYMENT_TITLE.size, "Règlement", PAYMENT_TITLE)
        y += PAYMENT_TITLE.leading + BODY.size
        for label, value, style in self.payment:
            draw_text(canvas, PAYMENT_LEFT, y, label, LABEL, room=PAYMENT_LABEL_ROOM - 2 * mm)
            y = draw_lines(canvas, PAYMENT_LEFT + PAYMENT_LABEL_ROOM, y, value, style)


def payment(issuer: Issuer, deadline: tuple[str, str], reference: str) -> Payment:
    """How to pay, by when (a label and a date), and what to name; what is not known is left out."""
    texts = [
        (*deadline, STRONG),
        ("Référence", reference, STRONG),
        ("Bénéficiaire", issuer.association if issuer.iban.strip() else "", BODY),
        ("IBAN", french.iban(issuer.iban), BODY),
        ("BIC", issuer.bic, BODY),
    ]
    return tuple((label, tuple(style.wrap(text, PAYMENT_ROOM)), style) for label, text, style in texts if text.strip())
