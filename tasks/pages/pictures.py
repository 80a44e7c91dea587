"""Pictures for the pages, as data URIs: the UI shows no image that has to be fetched from somewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from tasks.pages.coverage_classes import CoverageClass, counted

# The UI has a light and a dark theme, and an image is not told which. So every word stands on a colour of its own:
# each is dark enough for white letters (4.5 to 1) and stands out from both pages (3 to 1; WCAG 2.2).
COLOUR = {
    CoverageClass.MAILED: "#23803c",
    CoverageClass.PRINTED: "#2f72c4",
    CoverageClass.FAILED: "#d33a3d",
    CoverageClass.UNCERTAIN: "#9650c8",
    CoverageClass.TO_PRINT: "#a86200",
    CoverageClass.WAITING: "#6b7280",
    CoverageClass.EXCLUDED: "#74706b",
}
LETTERS = "#ffffff"
WIDTH = 800
BAR_HEIGHT = 28
LEAST_WIDTH = 6.0  # one among a thousand is still seen
GAP = 2.0
PILL_HEIGHT = 28
PILL_GAP = 8
FONT_SIZE = 15
LETTER_WIDTH = 8.6  # of a sans-serif of FONT_SIZE, on the wide side: which one the browser has is not known
PILL_PADDING = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a whole."""

    what: CoverageClass
    count: int

    @property
    def colour(self) -> str:
        return COLOUR[self.what]


def stacked_bar(parts: Sequence[Part], title: str) -> str:
    """A bar cut in proportion to the parts, with a legend below it, as a data URI; parts of nothing are left out.

    ``title`` says in words what the picture shows.
    """
    shown = [part for part in parts if part.count > 0]
    height, places = _legend(shown)
    root = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(WIDTH),
            "height": str(height),
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
        },
    )
    Xml.SubElement(root, "title").text = title
    at = 0.0
    for part, width in zip(shown, _widths([part.count for part in shown]), strict=True):
        _rectangle(root, at, 0, width, BAR_HEIGHT, part.colour, 3)
        at += width + GAP
    for part, (x, y, width) in zip(shown, places, strict=True):
        _rectangle(root, x, y, width, PILL_HEIGHT, part.colour, PILL_HEIGHT / 2)
        text = Xml.SubElement(
            root,
            "text",
            {
                "x": f"{x + width / 2:.1f}",
                "y": f"{y + PILL_HEIGHT / 2 + FONT_SIZE * 0.35:.1f}",
                "text-anchor": "middle",
                "font-family": "Inter, 'Segoe UI', Arial, sans-serif",
                "font-size": str(FONT_SIZE),
                "fill": LETTERS,
            },
        )
        text.text = _words(part)
    return "data:image/svg+xml;base64," + base64.b64encode(Xml.tostring(root)).decode()


def _words(part: Part) -> str:
    return counted(part.what, part.count)


def _widths(counts: Sequence[int]) -> list[float]:
    """Widths in proportion, none below LEAST_WIDTH; what the small ones gain, the large ones give."""
    room = WIDTH - GAP * (len(counts) - 1) if counts else 0.0
    widths = dict.fromkeys(range(len(counts)), 0.0)
    large = dict(enumerate(counts))
    while large:
        total = sum(large.values())
        small = [index for index, count in large.items() if room * count / total < LEAST_WIDTH]
        if not small:
            widths |= {index: room * count / total for index, count in large.items()}
            break
        for index in small:
            widths[index] = LEAST_WIDTH
            room -= LEAST_WIDTH
            del large[index]
    return [widths[index] for index in range(len(counts))]


def _legend(parts: Sequence[Part]) -> tuple[int, list[tuple[float, float, float]]]:
    """The height of the picture, and the place (x, y, width) of each part's words."""
    places = []
    x, y = 0.0, float(BAR_HEIGHT + PILL_GAP)
    for part in parts:
        width = len(_words(part)) * LETTER_WIDTH + 2 * PILL_PADDING
        if x and x + width > WIDTH:
            x, y = 0.0, y + PILL_HEIGHT + PILL_GAP
        places.append((x, y, width))
        x += width + PILL_GAP
    return int(y + PILL_HEIGHT), places


def _rectangle(root: Xml.Element, x: float, y: float, width: float, height: float, colour: str, radius: float) -> None:
    sizes = {"x": x, "y": y, "width": width, "height": height, "rx": min(radius, width / 2)}
    Xml.SubElement(root, "rect", {name: f"{size:.1f}" for name, size in sizes.items()} | {"fill": colour})
