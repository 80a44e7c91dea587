"""What a clerk sets of a structure: the fields of the form, their limits, and what an empty one means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.reading.invoice_sources import INVOICE_WORDING
from tasks.documents.mail_body import default_wording
from tasks.documents.reminder_wording import check_reminder_wording, default_reminder_wording
from tasks.documents.wording import (
    INVOICE_BODY_KEYWORDS,
    INVOICE_KEYWORDS,
    REMINDER_KEYWORDS,
    check_wording,
)
from tasks.entry import parsing
from tasks.entry.addresses import read_address
from tasks.entry.parsing import Parser

REMINDER_LEVELS = (1, 2, 3)
SENDER_NAME, SENDER_EMAIL, REPLY_TO, FOOTER = "sender_name", "sender_email", "reply_to", "footer"
SUBJECT, BODY = "subject", "body"

_SUBJECT_CHARACTERS, _BODY_CHARACTERS = 300, 20_000
_EMPTY = "Vide : le texte par défaut, «\N{NO-BREAK SPACE}{default}\N{NO-BREAK SPACE}»."
_LEVELS = {1: "1re relance", 2: "2e relance", 3: "3e relance (mise en demeure)"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``name`` and ``title`` are the form's; ``key`` is a column of the structure or ``<kind>.<part>``.

    ``keywords`` are those that have a value in it, ``check`` finds slips in them; ``default`` serves when it is empty.
    """

    name: str
    title: str
    key: str
    parse: Parser
    help: str = ""
    required: bool = False
    keywords: tuple[str, ...] = ()
    check: Callable[[str], list[str]] | None = None
    default: str = ""

    @property
    def kind(self) -> str:
        """The kind of the wording it belongs to; empty for a column of the structure."""
        return self.key.rpartition(".")[0]

    @property
    def part(self) -> str:
        """``subject`` or ``body`` of a wording, else the column."""
        return self.key.rpartition(".")[2]


def wording_kind(level: int) -> str:
    """The kind of the wording of a reminder level."""
    return f"reminder-{level}"


def _wording(
    kind: str,
    suffix: str,
    title: str,
    defaults: tuple[str, str],
    check: Callable[[str, tuple[str, ...]], list[str]],
    keywords: tuple[tuple[str, ...], tuple[str, ...]],
) -> tuple[Field, Field]:
    subject, body = (
        Field(
            name=f"{french}_{suffix}",
            title=f"{said} {title}",
            key=f"{kind}.{part}",
            parse=parser,
            help=f"{_known(allowed)} {_EMPTY.format(default=default)}",
            keywords=allowed,
            check=lambda text, allowed=allowed: check(text, allowed),  # type: ignore[misc]
            default=default,
        )
        for french, said, part, parser, default, allowed in (
            ("objet", "Objet", SUBJECT, parsing.text(_SUBJECT_CHARACTERS), defaults[0], keywords[0]),
            ("texte", "Texte", BODY, parsing.lines(_BODY_CHARACTERS), defaults[1], keywords[1]),
        )
    )
    return subject, body


def _known(keywords: tuple[str, ...]) -> str:
    return "Mots-clés : " + ", ".join(f"&{keyword}" for keyword in keywords) + "."


FIELDS: tuple[Field, ...] = (
    Field("nom_expediteur", "Nom d'expéditeur", SENDER_NAME, parsing.text(200), "Vide : le nom de la structure."),
    Field("adresse_expediteur", "Adresse d'expéditeur", SENDER_EMAIL, read_address, required=True),
    Field("repondre_a", "Répondre à", REPLY_TO, read_address, "Vide : les réponses vont à l'adresse d'expéditeur."),
    Field("pied_de_mail", "Pied de mail", FOOTER, parsing.lines(500), "Sous chaque mail ; 500 caractères au plus."),
    *_wording(
        INVOICE_WORDING,
        "facture",
        "du mail de facture",
        default_wording(),
        check_wording,
        (INVOICE_KEYWORDS, INVOICE_BODY_KEYWORDS),
    ),
    *(
        field
        for level in REMINDER_LEVELS
        for field in _wording(
            wording_kind(level),
            f"relance_{level}",
            f"de la {_LEVELS[level]}",
            default_reminder_wording(level),
            lambda text, _: check_reminder_wording(text),
            (REMINDER_KEYWORDS, REMINDER_KEYWORDS),
        )
    ),
)
BY_KEY = {field.key: field for field in FIELDS}
EVERY_KEYWORD = tuple(dict.fromkeys((*INVOICE_BODY_KEYWORDS, *REMINDER_KEYWORDS)))
