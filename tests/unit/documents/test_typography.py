"""Text is drawn whole: composed, broken where it must be, and never silently left out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics

from tasks.documents import french
from tasks.documents.typography import (
    BOLD,
    REGULAR,
    REPLACEMENT,
    fit,
    missing_glyphs,
    printable,
    rendering,
    width,
    wrap,
)

FRENCH_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸabcdefghijklmnopqrstuvwxyzàâæçéèêëîïôœùûüÿ"
FRENCH_SIGNS = "0123456789 &'’«»“”…–—-.,;:!?()[]/%€°ºª²³½¼§@#*+=<>_|~^\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def test_the_fonts_draw_all_that_french_needs() -> None:
    """Letters with every accent, typographic signs, and both kinds of no-break space."""
    assert missing_glyphs(FRENCH_LETTERS + FRENCH_SIGNS) == ()


def test_the_two_fonts_draw_the_same_characters() -> None:
    """What is checked for the regular font holds for the bold one."""
    with rendering():
        regular, bold = (set(pdfmetrics.getFont(name).face.charToGlyph) for name in (REGULAR, BOLD))
    assert regular == bold


def test_digits_are_equally_wide() -> None:
    """Amounts stand in columns."""
    with rendering():
        assert {width(digit, font, 10) for digit in "0123456789" for font in (REGULAR,)} == {width("0", REGULAR, 10)}


@given(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2))
def test_every_amount_has_its_glyphs(euros: Decimal) -> None:
    """No amount shows a box where its thousands are parted."""
    assert missing_glyphs(french.amount(euros)) == ()


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        pytest.param("BÉRANGER Éric", "BÉRANGER Éric", id="plain"),
        pytest.param("BE\u0301RANGER E\u0301ric", "BÉRANGER Éric", id="decomposed-accents"),
        pytest.param("NGUYỄN Thị Hằng", "NGUYỄN Thị Hằng", id="vietnamese"),
        pytest.param("a\nb\tc\x00d\u2028e", "a b c d e", id="controls"),
        pytest.param("hospi\u00adtali\u200bsation\ufeff", "hospitalisation", id="invisible"),
        pytest.param("① ３", "1 3", id="compatibility"),
        pytest.param("漢 →", f"{REPLACEMENT} {REPLACEMENT}", id="no-glyph"),
        pytest.param("\ud800", REPLACEMENT, id="half-a-surrogate-pair"),
        pytest.param("", "", id="empty"),
    ],
)
def test_what_is_drawn(text: str, drawn: str) -> None:
    """Accents are composed, controls part words, and what has no glyph is seen."""
    with rendering():
        assert printable(text) == drawn


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        pytest.param("MAILLY Josiane", (), id="none"),
        pytest.param("漢字 漢 ☎", ("漢", "字", "☎"), id="each-once-in-order"),
        pytest.param("BE\u0301RANGER", (), id="decomposed-accent"),
        pytest.param("a\nb", (), id="line-break"),
    ],
)
def test_missing_glyphs_are_named(text: str, missing: tuple[str, ...]) -> None:
    """A caller can tell a clerk which characters will not be printed."""
    assert missing_glyphs(text) == missing


@given(st.text(), st.floats(min_value=15, max_value=300))
def test_wrapped_lines_fit_and_lose_nothing(text: str, room: float) -> None:
    """No line is wider than its room, unless it is a single character; letters come out whole and in order."""
    with rendering():
        lines = wrap(text, REGULAR, 10, room)
        assert lines
        assert [line for line in lines if width(line, REGULAR, 10) > room + 0.001 and len(line) > 1] == []
        assert "".join("".join(lines).split()) == "".join(printable(text).split())


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        pytest.param("un deux trois", 1000, ["un deux trois"], id="fits"),
        pytest.param("un deux trois", 45, ["un deux", "trois"], id="at-spaces"),
        pytest.param("ROCHEFOUCAULD-MONTMORENCY", 100, ["ROCHEFOUCAULD-", "MONTMORENCY"], id="at-hyphens"),
        pytest.param("un\ndeux", 1000, ["un", "deux"], id="own-breaks"),
        pytest.param("", 100, [""], id="empty"),
    ],
)
def test_where_lines_break(text: str, room: float, lines: list[str]) -> None:
    """At the text's own breaks, at spaces, at hyphens."""
    with rendering():
        assert wrap(text, REGULAR, 10, room) == lines


def test_an_amount_never_breaks() -> None:
    """The spaces inside an amount hold it together."""
    with rendering():
        assert wrap(f"soit {french.amount(Decimal('1234.56'))}", REGULAR, 10, 55) == [
            "soit",
            french.amount(Decimal("1234.56")),
        ]


def test_fit_shrinks_only_what_is_too_wide() -> None:
    """The size stays, or becomes the one at which the text just fits."""
    with rendering():
        assert fit("court", REGULAR, 10, 500) == 10
        size = fit("un texte bien trop long", REGULAR, 10, 40)
        assert width("un texte bien trop long", REGULAR, size) == pytest.approx(40)
