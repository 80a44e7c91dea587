"""The check of a PDF that an import brings, before it is sent to anybody as it is."""

from __future__ import annotations

import io

import pikepdf

from tasks.entry.problems import Problem

EXPECTED_PDF = "un PDF d'au moins une page, sans mot de passe"

_SEARCHED_BYTES = 1024


def pdf_problem(content: bytes) -> Problem | None:
    """Why these bytes cannot be sent as an invoice; None when they can. Their size is judged where they are read."""
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
    except pikepdf.PasswordError:
        return Problem("est un PDF protégé par un mot de passe", EXPECTED_PDF)
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, KeyError, IndexError):
        return Problem("est un PDF endommagé", EXPECTED_PDF)
    return None
