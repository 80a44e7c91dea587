"""What every paper shares: the canvas, the page and its frame, the sender, the window address.

Positions are points from the page's **top** left corner, texts stand on their baseline. Everything here is called
inside ``typography.rendering()``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from io import BytesIO

from reportlab.lib import pagesizes, units
from reportlab.pdfgen.canvas import Canvas

from models.values.paper import Issuer
from tasks.documents import french
from tasks.documents.typography import BOLD, REGULAR, fit, printable, width, wrap

mm: float = units.mm
PAGE_SIZE: tuple[float, float] = pagesizes.A4
PAGE_HEIGHT = PAGE_SIZE[1]
LEFT, RIGHT = 20 * mm, 190 * mm
INSET = 3 * mm  # of text in boxes and tables, so that it aligns down the page
TOP = 16 * mm
BODY_BOTTOM = 275 * mm  # what flows ends above it, the footer lies below

# The window of a French DL envelope (35 x 100 mm, on the right) over a sheet folded in three (NF Z11-001): the
# address has to stay inside, and nothing else may.
WINDOW_LEFT, WINDOW_RIGHT = 110 * mm, 200 * mm
WINDOW_TOP, WINDOW_BOTTOM = 45 * mm, 80 * mm
FOLDS = (99 * mm, 198 * mm)

Colour = tuple[float, float, float]
ACCENT: Colour = (0.09, 0.29, 0.40)
INK: Colour = (0.12, 0.14, 0.16)
GREY: Colour = (0.37, 0.42, 0.46)
HAIRLINE: Colour = (0.82, 0.85, 0.88)
TINT: Colour = (0.945, 0.957, 0.968)
WHITE: Colour = (1, 1, 1)


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of text looks; ``leading`` is the distance of two baselines, in points like ``size``."""

    size: float
    leading: float
    font: str = REGULAR
    colour: Colour = INK

    def wrap(self, text: str, room: float) -> list[str]:
        return wrap(text, self.font, self.size, room)


class Align(Enum):
    """Which end of the text stands at x."""

    LEFT = "left"
    RIGHT = "right"


HEADING = Style(13, 17, BOLD, ACCENT)
TITLE = Style(19, 24, BOLD, ACCENT)
BODY = Style(9.5, 13)
STRONG = Style(9.5, 13, BOLD)
SMALL = Style(8.5, 11.5, colour=GREY)
CAPTION = Style(7.5, 10, colour=GREY)
ADDRESS = Style(10.5, 13.5)


def new_canvas(target: BytesIO, *, title: str, author: str, dated: date) -> Canvas:
    """An empty PDF in French whose bytes depend on what is drawn alone: its date is that of the paper."""
    canvas = Canvas(target, pagesize=PAGE_SIZE, pageCompression=1, invariant=1, lang="fr-FR", initialFontName=REGULAR)
    canvas.setTitle(printable(title))
    canvas.setAuthor(printable(author))
    canvas.setSubject(printable(title))
    canvas.setCreator("Facteur")
    canvas.setDateFormatter(lambda *_: f"D:{dated:%Y%m%d}000000Z")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def draw_text(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    style: Style,
    *,
    align: Align = Align.LEFT,
    room: float | None = None,
) -> None:
    """Draw one line at ``x``, smaller if it would be wider than ``room`` points."""
    text = printable(text)
    size = style.size if room is None else fit(text, style.font, style.size, room)
    canvas.setFont(style.font, size)
    canvas.setFillColorRGB(*style.colour)
    canvas.drawString(x if align is Align.LEFT else x - width(text, style.font, size), PAGE_HEIGHT - y, text)


def draw_lines(
    canvas: Canvas, x: float, y: float, lines: Sequence[str], style: Style, *, align: Align = Align.LEFT
) -> float:
    """Draw lines that are wrapped already, the first on ``y``; the baseline that would come next."""
    for line in lines:
        draw_text(canvas, x, y, line, style, align=align)
        y += style.leading
    return y


def draw_rule(
    canvas: Canvas, x: float, y: float, right: float, *, colour: Colour = HAIRLINE, thickness: float = 0.5
) -> None:
    """A horizontal line."""
    canvas.setStrokeColorRGB(*colour)
    canvas.setLineWidth(thickness)
    canvas.line(x, PAGE_HEIGHT - y, right, PAGE_HEIGHT - y)


def draw_box(
    canvas: Canvas, x: float, top: float, right: float, bottom: float, colour: Colour, *, radius: float = 2
) -> None:
    """A filled rectangle without a border."""
    canvas.setFillColorRGB(*colour)
    canvas.roundRect(x, PAGE_HEIGHT - bottom, right - x, bottom - top, radius, stroke=0, fill=1)


def issuer_lines(issuer: Issuer, room: float) -> list[tuple[str, Style]]:
    """The sender at the top left, wrapped: structure, association, address, contact, registration numbers."""
    texts = [(issuer.structure, HEADING), (issuer.association, STRONG)]
    texts += [(line, BODY) for line in (*issuer.address.lines, issuer.email)]
    texts += [(line, SMALL) for line in registration(issuer)]
    return [(line, style) for text, style in texts if text.strip() for line in style.wrap(text, room)]


def draw_issuer(canvas: Canvas, lines: Sequence[tuple[str, Style]]) -> float:
    """Draw what ``issuer_lines`` made; its bottom edge."""
    y = TOP
    for line, style in lines:
        draw_text(canvas, LEFT, y + style.size, line, style)
        y += style.leading
    return y


def registration(issuer: Issuer) -> tuple[str, ...]:
    """The numbers the issuer is registered under, those that are known."""
    siret = f"SIRET {french.siret(issuer.siret)}" if issuer.siret.strip() else ""
    finess = f"FINESS {french.finess(issuer.finess)}" if issuer.finess.strip() else ""
    return tuple(number for number in (siret, finess) if number)


def draw_window_address(canvas: Canvas, lines: Sequence[str]) -> None:
    """The addressee inside the envelope's window, the name in bold; set smaller rather than outside."""
    side, edge = 5 * mm, 3 * mm
    room, height = WINDOW_RIGHT - WINDOW_LEFT - 2 * side, WINDOW_BOTTOM - WINDOW_TOP - 2 * edge
    scale = 1.0
    while True:
        name = Style(ADDRESS.size * scale, ADDRESS.leading * scale, BOLD)
        rest = Style(name.size, name.leading)
        named = name.wrap(lines[0], room)
        others = [piece for line in lines[1:] for piece in rest.wrap(line, room)]
        free = height - name.leading * (len(named) + len(others))
        if free >= 0 or scale < 0.4:
            break
        scale -= 0.05
    y = WINDOW_TOP + edge + max(free, 0) / 2 + name.size
    draw_lines(canvas, WINDOW_LEFT + side, draw_lines(canvas, WINDOW_LEFT + side, y, named, name), others, rest)


def draw_fold_marks(canvas: Canvas) -> None:
    """Short marks on the left edge where the sheet is folded for the envelope."""
    for y in FOLDS:
        draw_rule(canvas, 5 * mm, y, 9 * mm, thickness=0.4)


def draw_footer(canvas: Canvas, issuer: Issuer, page: int, pages: int) -> None:
    """Who sends the paper, and "Page 1/2"."""
    y = 283 * mm
    draw_rule(canvas, LEFT, y - 4 * mm, RIGHT)
    number = f"Page {page}/{pages}"
    draw_text(canvas, RIGHT, y, number, CAPTION, align=Align.RIGHT)
    names = dict.fromkeys(part for part in (issuer.association, issuer.structure, *registration(issuer)) if part)
    draw_lines(canvas, LEFT, y, CAPTION.wrap(" · ".join(names), RIGHT - LEFT - 25 * mm), CAPTION)
