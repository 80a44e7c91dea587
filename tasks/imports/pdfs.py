"""The check of a PDF that an import brings, before it is sent to anybody as it is; and the text that stands on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePosixPath

import pikepdf
import pypdfium2  # type: ignore[import-untyped]

from tasks.entry.problems import Problem, visible

EXPECTED_PDF = "un PDF d'au moins une page, sans mot de passe"

READ_PAGES = 2
READ_CHARACTERS = 4000

_SEARCHED_BYTES = 1024
_DEPTH = 50  # of values inside of one another, which are looked into
_DATA = frozenset({".xml", ".pdf", ".csv", ".txt", ".json", ".png", ".jpg", ".jpeg"})  # factur-x.xml above all


def examine_pdf(content: bytes) -> tuple[str, ...] | Problem:
    """What a PDF would do at the reader's beyond being shown, in French words; or why it cannot be sent as an invoice.

    Its size is judged where it is read. MemoryError for one that unfolds to more than this process may take.
    """
    if not content:
        return Problem("est un fichier vide (0 octet)", EXPECTED_PDF)
    if b"%PDF-" not in content[:_SEARCHED_BYTES]:
        return Problem("n'est pas un PDF", EXPECTED_PDF)
    # Readers repair a PDF that was cut off, and show what is left of the invoice.
    if b"%%EOF" not in content[-_SEARCHED_BYTES:]:
        return Problem("est un PDF incomplet", EXPECTED_PDF)
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                return Problem("est un PDF protégé", EXPECTED_PDF)
            if len(pdf.pages) == 0:
                return Problem("est un PDF sans page", EXPECTED_PDF)
            active = tuple(sorted({words for value in pdf.objects for words in _active(value, _DEPTH)}))
            # Where a part takes more memory than there is, qpdf leaves it out and goes on; a reader would not.
            if any("bad_alloc" in str(warning) for warning in pdf.get_warnings()):
                raise MemoryError
            return active
    except pikepdf.PasswordError:
        return Problem("est un PDF protégé par un mot de passe", EXPECTED_PDF)
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, KeyError, IndexError):
        return Problem("est un PDF endommagé", EXPECTED_PDF)


def _active(value: object, depth: int) -> Iterator[str]:
    """What ``value`` and the values in it do (ISO 32000-1, 12.6.4 and 7.11); other objects are seen on their own."""
    if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        if value.get("/S") == pikepdf.Name.JavaScript or "/JS" in value:
            yield "du JavaScript"
        if value.get("/S") == pikepdf.Name.Launch:
            yield "le lancement d'un programme"
        if "/EF" in value:
            name = str(value.get("/UF", value.get("/F", "")))
            if PurePosixPath(name.lower()).suffix not in _DATA:
                yield f"un fichier joint (« {visible(name)} »)"
        inside = [item for _, item in value.items()]
    elif isinstance(value, pikepdf.Array):
        inside = list(value)
    else:
        return
    for item in inside:
        if depth and isinstance(item, pikepdf.Object) and not item.is_indirect:
            yield from _active(item, depth - 1)


def pdf_text(content: bytes) -> str:
    """The beginning of the text of a PDF that ``examine_pdf`` let pass; empty when there is none that can be read."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return ""
    try:
        parts = []
        for number in range(min(len(document), READ_PAGES)):
            page = document[number].get_textpage()
            parts.append(page.get_text_range(0, min(page.count_chars(), READ_CHARACTERS)) if page.count_chars() else "")
        return "\n".join(parts)[:READ_CHARACTERS]
    except pypdfium2.PdfiumError:
        return ""
    finally:
        document.close()
