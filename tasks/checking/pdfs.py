"""How heavy the messages of the next campaign are, and whether the imported PDFs are all there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tasks.checking.facts import Mailing
from tasks.checking.result import Finding, Light
from tasks.checking.words import KB, listed
from tasks.french.numbers import counted

# Base64 in lines of 76 characters and a line end: 78 bytes for 57. Around it: headers and the text, twice.
ENCODED = 78 / 57
AROUND_BYTES = 20 * KB
DRAWN_PDF_BYTES = 60 * KB


@dataclass(frozen=True, slots=True)
class Weight:
    """One invoice: how many bytes each of its messages has, and how many there are."""

    structure: str
    number: str
    message_bytes: int
    messages: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a campaign, and the invoices whose imported PDF is gone."""

    each: tuple[Weight, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def total_bytes(self) -> int:
        """What the archive must find room for."""
        return sum(weight.message_bytes * weight.messages for weight in self.each)


def weigh(archive_folder: Path, mailings: Iterable[Mailing]) -> Weights:
    """Look at the size of each imported PDF, without reading it."""
    each, missing = [], []
    for mailing in mailings:
        pdf_bytes = DRAWN_PDF_BYTES
        if mailing.pdf_key:
            try:
                pdf_bytes = (archive_folder / mailing.pdf_key[:2] / mailing.pdf_key).stat().st_size
            except OSError:
                missing.append(mailing.number)
                continue
        heavy = int(pdf_bytes * ENCODED) + AROUND_BYTES
        each.append(Weight(mailing.structure, mailing.number, heavy, len(mailing.recipients)))
    return Weights(tuple(each), tuple(missing))


def check_pdfs(weights: Weights) -> Finding:
    """Whether every imported PDF of the next campaign is in the archive; those that are not fail one by one."""
    if weights.missing:
        return Finding(
            "pdfs",
            Light.ORANGE,
            f"{counted(len(weights.missing), 'PDF importé')} hors de l'archive : {listed(list(weights.missing))}.",
            "Importer de nouveau ces factures avec leurs PDF : sans cela elles ne partiront pas.",
        )
    return Finding("pdfs", Light.GREEN, "tous les PDF du prochain envoi sont dans l'archive")
