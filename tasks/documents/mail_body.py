"""The mail that goes with an invoice: the clerk's text, then who writes and what to do with a mail gone astray."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models.values.paper import Issuer
from models.values.period import Period
from tasks.documents.french import period_label
from tasks.documents.wording import fill

ATTACHMENT_NUMBER_CHARACTERS = 60

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
)


@dataclass(frozen=True, slots=True)
class MailText:
    """What a mail says: a subject of one line, and the same body twice, as plain text and as HTML."""

    subject: str
    text: str
    html: str


@cache
def default_wording() -> tuple[str, str]:
    """Subject and body, with their keywords, of a structure that has not written its own."""
    subject, body = (_source(f"defaults/invoice_{part}.txt") for part in ("subject", "body"))
    return subject.strip(), body.strip()


def invoice_mail(wording_subject: str, wording_body: str, *, person: str, period: Period, issuer: Issuer) -> MailText:
    """The mail for one invoice; a subject or body that the structure left empty is the default one.

    ``person`` is the resident's name as it is printed. The wordings are text: neither HTML nor template syntax in
    them, or in a name, has any effect.
    """
    default_subject, default_body = default_wording()
    values = {"personne": _one_line(person), "periode": period_label(period)}
    context: dict[str, object] = {
        "subject": _one_line(fill(_one_line(wording_subject) or default_subject, values)),
        "body": fill(_plain(wording_body) or default_body, values),
        "signature": [line for line in map(_one_line, _signature(issuer)) if line],
        "contact": _one_line(issuer.email),
    }
    context["paragraphs"] = [part.split("\n") for part in re.split(r"\n\s*\n", str(context["body"]))]
    return MailText(
        subject=_render("subject.txt", context).strip(),
        text=_render("body.txt", context),
        html=_render("body.html", context),
    )


def attachment_name(number: str, period: Period | None) -> str:
    """``Facture_2024-09_F2024-0912.pdf``: ASCII, safe on every file system, and without anybody's name."""
    decomposed = unicodedata.normalize("NFKD", number)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-_")[:ATTACHMENT_NUMBER_CHARACTERS]
    return "_".join(part for part in ("Facture", str(period) if period else "", safe) if part) + ".pdf"


def _signature(issuer: Issuer) -> tuple[str, ...]:
    association = issuer.association if issuer.association != issuer.structure else ""
    return (issuer.structure, association, ", ".join(issuer.address.lines), issuer.email)


def _render(name: str, context: dict[str, object]) -> str:
    return _TEMPLATES.get_template(f"invoice_mail/{name}").render(context)


def _source(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _plain(text: str) -> str:
    """The text with line feeds alone between its lines, and without other controls than tabs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(" " if _control(c) and c != "\t" else c for c in line).rstrip() for line in lines).strip()


def _one_line(text: str) -> str:
    """The text on one line: controls and every run of spaces become one space."""
    return " ".join("".join(" " if _control(c) else c for c in text).split())


def _control(character: str) -> bool:
    """Whether it ends a line, does something unseen, or cannot be encoded (half of a surrogate pair)."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
