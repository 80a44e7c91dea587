"""Renders the pages of tasks/pages/templates/ as the Markdown that Prefect shows as an artifact."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def cell(value: object) -> str:
    """Any text made harmless inside a Markdown table: it stays text, on one line, whatever a name or a reply holds."""
    text = " ".join(str(value).split())
    return _SPECIAL.sub(r"\\\1", html.escape(text, quote=False))


@cache
def _pages() -> Environment:
    folder = Path(__file__).parent / "templates"
    # Markdown, not HTML: every value goes through `cell`, which escapes for both.
    pages = Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True)  # noqa: S701
    pages.filters["cell"] = cell
    return pages


def render_page(name: str, **values: object) -> str:
    """The page ``tasks/pages/templates/<name>.md`` with its values."""
    return re.sub(r"\n{3,}", "\n\n", _pages().get_template(f"{name}.md").render(**values)).strip() + "\n"
