"""Renders the pages of tasks/pages/templates/ as the Markdown that Prefect shows as an artifact."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup

from models.database.clock import utc_now
from tasks.french.moments import paris_moment

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def cell(value: object) -> Markup:
    """Any text made harmless in Markdown: it stays text, on one line, whatever a name or a reply holds."""
    text = " ".join(str(value).split())
    return Markup(_SPECIAL.sub(r"\\\1", html.escape(text, quote=False)))  # noqa: S704  escaped for both


def _finished(value: object) -> object:
    """What a template writes without a filter is a text too. ``|safe`` marks the few values that are Markdown."""
    return value if isinstance(value, Markup | Undefined) else cell(value)


@cache
def _pages() -> Environment:
    folder = Path(__file__).parent / "templates"
    pages = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=True,
        finalize=_finished,
    )
    pages.filters["cell"] = cell
    return pages


def render_page(name: str, **values: object) -> str:
    """The page ``tasks/pages/templates/<name>.md`` with its values; its first line says of when it is."""
    page = re.sub(r"\n{3,}", "\n\n", _pages().get_template(f"{name}.md").render(**values)).strip()
    return f"*Page du {paris_moment(utc_now())}.*\n\n{page}\n"
