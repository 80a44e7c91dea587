"""The pictures in the pages."""

from __future__ import annotations

import base64
from xml.etree import ElementTree as Xml

import pytest

from tasks.pages.coverage_classes import CoverageClass, counted, share
from tasks.pages.pictures import COLOUR, LEAST_WIDTH, LETTERS, WIDTH, Part, stacked_bar

NAMESPACE = "{http://www.w3.org/2000/svg}"
HEAD = "data:image/svg+xml;base64,"
PAGES = ("#ffffff", "#26272b")  # the UI's two themes
MAILED, FAILED, UNCERTAIN = CoverageClass.MAILED, CoverageClass.FAILED, CoverageClass.UNCERTAIN


def drawn(*parts: Part, title: str = "titre") -> Xml.Element:
    uri = stacked_bar(parts, title)
    assert uri.startswith(HEAD)
    return Xml.fromstring(base64.b64decode(uri.removeprefix(HEAD)))


def bar(root: Xml.Element) -> list[tuple[float, float]]:
    """(x, width) of the pieces of the bar."""
    return [
        (float(r.get("x", "")), float(r.get("width", ""))) for r in root.iter(f"{NAMESPACE}rect") if r.get("y") == "0.0"
    ]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("label", CoverageClass)
def test_every_class_is_legible_in_both_themes(label: CoverageClass) -> None:
    """Its letters 4.5 to 1 on its colour, its colour 3 to 1 on either page."""
    assert contrast(LETTERS, COLOUR[label]) >= 4.5
    assert min(contrast(page, COLOUR[label]) for page in PAGES) >= 3.0


def test_the_pieces_are_in_proportion_and_fill_the_bar() -> None:
    """Three quarters sent is three quarters of the width."""
    (first, second) = bar(drawn(Part(MAILED, 75), Part(FAILED, 25)))
    assert first[1] / (first[1] + second[1]) == pytest.approx(0.75, abs=0.001)
    assert second[0] + second[1] == pytest.approx(WIDTH, abs=0.2)


def test_one_among_many_thousands_is_seen() -> None:
    """The one that failed has a width, and the bar is not longer for it."""
    pieces = bar(drawn(*(Part(label, 1 if label != MAILED else 100_000) for label in CoverageClass)))
    assert min(width for _, width in pieces) >= LEAST_WIDTH
    assert sum(pieces[-1]) <= WIDTH + 0.2


def test_the_legend_says_every_number_in_words_and_leaves_out_what_is_nothing() -> None:
    """Nobody has to tell colours apart; a single one is in the singular."""
    root = drawn(Part(MAILED, 1210), Part(FAILED, 0), Part(UNCERTAIN, 1))
    assert [text.text for text in root.iter(f"{NAMESPACE}text")] == [
        "1\N{NARROW NO-BREAK SPACE}210 envoyées par e-mail",
        "1 incertaine",
    ]
    assert len(bar(root)) == 2


def test_the_legend_stays_inside_the_picture() -> None:
    """However many classes and digits there are."""
    root = drawn(*(Part(label, 123_456) for label in CoverageClass))
    rectangles = list(root.iter(f"{NAMESPACE}rect"))
    assert max(float(r.get("x", "")) + float(r.get("width", "")) for r in rectangles) <= WIDTH + 0.2
    lowest = max(float(r.get("y", "")) + float(r.get("height", "")) for r in rectangles)
    assert lowest <= float(root.get("height", ""))


def test_a_hostile_title_stays_text() -> None:
    """Whatever a name holds, the picture has no other elements for it."""
    hostile = '</title><script>alert("x")</script>&'
    root = drawn(Part(MAILED, 1), title=hostile)
    assert root.findtext(f"{NAMESPACE}title") == hostile
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} == {"svg", "title", "rect", "text"}


def test_nothing_at_all_is_still_a_picture() -> None:
    """A period without invoices draws no bar, and divides by nothing."""
    assert bar(drawn()) == []


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [
        pytest.param(1, 2, "50\N{NO-BREAK SPACE}%", id="half"),
        pytest.param(1, 3, "33,3\N{NO-BREAK SPACE}%", id="a French comma"),
        pytest.param(4, 4, "100\N{NO-BREAK SPACE}%", id="all"),
        pytest.param(0, 4, "0\N{NO-BREAK SPACE}%", id="none"),
        pytest.param(1, 9999, "< 0,1\N{NO-BREAK SPACE}%", id="one is never none"),
        pytest.param(9998, 9999, "> 99,9\N{NO-BREAK SPACE}%", id="one missing is never all"),
        pytest.param(0, 0, "", id="of nothing"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_none(part: int, total: int, expected: str) -> None:
    """100 % means that nobody is missing."""
    assert share(part, total) == expected


def test_a_class_of_one_is_in_the_singular() -> None:
    """One is uncertain, two are."""
    label = UNCERTAIN
    assert [counted(label, number) for number in (0, 1, 2)] == ["0 incertaines", "1 incertaine", "2 incertaines"]
