"""Tables in the Markdown of artifacts, in which a cell can hold anything."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_BREAKS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")
_MARKS = re.compile(r"([\\`*_~\[\]|])")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose cells show their text as it is: no HTML, no Markdown, no break of line comes out of a cell."""
    lines = [headers, ["---"] * len(headers)]
    return "\n".join(
        [*(f"| {' | '.join(line)} |" for line in lines), *(f"| {' | '.join(map(_cell, row))} |" for row in rows)]
    )


def escape(text: str) -> str:
    """A text for Markdown, on one line, shown as it is: for table cells and for words inside of a sentence."""
    one_line = _BREAKS.sub(" ", text).replace("\t", " ").strip()
    return _MARKS.sub(r"\\\1", html.escape(one_line, quote=False))


def _cell(value: object) -> str:
    return escape(str(value))
