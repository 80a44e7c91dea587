"""The two fonts of every paper, and what text needs before it can be drawn with them."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import RLock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "NotoSans-Regular"
BOLD = "NotoSans-Bold"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_FOLDER = Path(__file__).parent / "fonts"
_RENDERING = RLock()


@contextmanager
def rendering() -> Iterator[None]:
    """Hold the process's one rendering lock; the fonts are registered inside it.

    Threads that share a ReportLab ``TTFont`` raise KeyError and IndexError: everything that measures, draws or saves
    is done inside. The lock can be taken again by the thread that holds it.
    """
    with _RENDERING:
        _covered()
        yield


@cache
def _covered() -> frozenset[str]:
    """Register the fonts, once per process, and say which visible characters they can draw."""
    for name in (REGULAR, BOLD):
        # asciiReadable=False: the PDF holds the glyphs it uses instead of all of ASCII (8 kB instead of 18 kB).
        pdfmetrics.registerFont(TTFont(name, _FOLDER / f"{name}.ttf", asciiReadable=False))
    characters = map(chr, pdfmetrics.getFont(REGULAR).face.charToGlyph)
    return frozenset(c for c in characters if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text as the fonts can draw it, on one line: what they lack becomes "�", and never vanishes.

    Accents are composed, controls and line breaks become spaces, invisible format characters are dropped.
    """
    composed = unicodedata.normalize("NFC", text)
    if _covered().issuperset(composed):
        return composed
    return "".join(map(_drawable, composed))


def missing_glyphs(text: str) -> tuple[str, ...]:
    """The characters of ``text`` that would be printed as "�", each once, in their order."""
    with rendering():
        return tuple(dict.fromkeys(c for c in unicodedata.normalize("NFC", text) if _drawable(c) == REPLACEMENT != c))


def _drawable(character: str) -> str:
    if character in _covered():
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if _covered().issuperset(plain) else REPLACEMENT


def width(text: str, font: str, size: float) -> float:
    """The width in points of what ``printable`` made."""
    return float(pdfmetrics.stringWidth(text, font, size))


def fit(text: str, font: str, size: float, room: float) -> float:
    """The size, at most ``size``, at which the text is no wider than ``room`` points."""
    wide = width(text, font, size)
    return size if wide <= room else size * room / wide


def wrap(text: str, font: str, size: float, room: float) -> list[str]:
    """Break the text into printable lines no wider than ``room`` points, at its own line breaks and at spaces.

    A word that is wider than a whole line is broken where it must be; no-break spaces hold. There is always a line.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in printable(paragraph).split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, font, size) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            while width(word, font, size) > room:
                cut = _cut(word, font, size, room)
                lines.append(word[:cut])
                word = word[cut:]
            line = word
        lines.append(line)
    return lines


def _cut(word: str, font: str, size: float, room: float) -> int:
    """How many characters of the word go on the line: up to a hyphen or slash, else all that fit, at least one."""
    cut = len(word) - 1
    while cut > 1 and width(word[:cut], font, size) > room:
        cut -= 1
    joint = max(word.rfind(sign, 0, cut) for sign in "-/")
    return joint + 1 if joint > 0 else max(cut, 1)
