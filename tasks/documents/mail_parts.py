"""What the mails share: their templates, what a text needs before it is mailed, who writes, names of attached files."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models.values.paper import Issuer
from models.values.people import without_accents

FILE_NAME_CHARACTERS = 60

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    auto_reload=False,  # they come with the program
)


@dataclass(frozen=True, slots=True)
class MailText:
    """What a mail says: a subject of one line, and the same body twice, as plain text and as HTML."""

    subject: str
    text: str
    html: str


def render(name: str, context: dict[str, object]) -> str:
    """The template ``templates/<name>`` with its values."""
    return _TEMPLATES.get_template(name).render(context)


def default_text(name: str) -> str:
    """The text, with its keywords, that serves where a structure has not written its own."""
    return (_FOLDER / "defaults" / f"{name}.txt").read_text(encoding="utf-8").strip()


def signature(issuer: Issuer) -> list[str]:
    """Who writes, line by line."""
    association = issuer.association if issuer.association != issuer.structure else ""
    parts = (issuer.structure, association, ", ".join(issuer.address.lines), issuer.email)
    return [line for line in map(one_line, parts) if line]


def footer(issuer: Issuer) -> list[str]:
    """What the structure wants below every mail, line by line; keywords have no meaning in it."""
    text = plain(issuer.footer)
    return text.split("\n") if text else []


def paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph; blank lines part them."""
    return [part.split("\n") for part in re.split(r"\n\s*\n", text)]


def plain(text: str) -> str:
    """The text with line feeds alone between its lines, and without other controls than tabs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(" " if _control(c) and c != "\t" else c for c in line).rstrip() for line in lines).strip()


def one_line(text: str) -> str:
    """The text on one line: controls and every run of spaces become one space."""
    return " ".join("".join(" " if _control(c) else c for c in text).split())


def file_name_part(text: str) -> str:
    """The text in ASCII, safe on every file system; it may be empty."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", without_accents(text)).strip("-_")[:FILE_NAME_CHARACTERS]


def _control(character: str) -> bool:
    """Whether it ends a line, does something unseen, or cannot be encoded (half of a surrogate pair)."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
