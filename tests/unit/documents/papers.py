"""Papers to draw, and what a reader finds in a PDF."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from models.values.paper import InvoicePaper, Issuer, Line
from models.values.people import PostalAddress
from models.values.period import Period
from tasks.documents.layout import PAGE_HEIGHT, mm
from tasks.documents.typography import BOLD, REGULAR, rendering, width

ISSUER = Issuer(
    association="Association du Val de Loire",
    structure="Résidence Les Tilleuls",
    address=PostalAddress("12 rue des Érables\nBP 40123", "45000", "Orléans"),
    email="facturation@tilleuls.example.org",
    siret="78467169500087",
    finess="450012345",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    vat_mention="Exonération de TVA, article 261-4-1° ter du Code général des impôts.",
)

LINES = (
    Line("Prix de journée hébergement", Decimal("1920.60"), Decimal(30), Decimal("64.02")),
    Line("Participation dépendance", Decimal("178.50"), Decimal(30), Decimal("5.95")),
    Line("Blanchissage du linge personnel", Decimal("45.00")),
    Line("Repas accompagnant", Decimal("25.50"), Decimal(3), Decimal("8.50")),
    Line("Absence pour hospitalisation", Decimal("-60.00"), Decimal(-3), Decimal("20.00")),
    Line("Aide personnalisée au logement (APL)", Decimal("-215.37")),
    Line("Aide sociale à l'hébergement (ASH)", Decimal("-820.00")),
)


def invoice(lines: tuple[Line, ...] = LINES, **changes: Any) -> InvoicePaper:
    """MAILLY Josiane's invoice for September 2024, addressed to her guardian; the totals follow from the lines."""
    total = sum((line.amount for line in lines), Decimal(0))
    facts: dict[str, Any] = {
        "issuer": ISSUER,
        "number": "F2024-0912",
        "issued_on": date(2024, 10, 1),
        "name": "MAILLY Josiane",
        "address": PostalAddress("Service des tutelles\n8 avenue Jean Jaurès", "45100", "Orléans"),
        "lines": lines,
        "total_excl_tax": total,
        "vat": Decimal(0),
        "total_incl_tax": total,
        "balance": total,
        "care_of": "DURAND Jean-Pierre",
        "period": Period(2024, 9),
        "due_on": date(2024, 10, 15),
    }
    return InvoicePaper(**facts | changes)


@dataclass(frozen=True)
class Run:
    """One piece of text on a page, in millimetres from its top left corner; ``y`` is the baseline."""

    left: float
    right: float
    y: float
    size: float
    text: str

    @property
    def top(self) -> float:
        """The upper edge of its capitals."""
        return self.y - 0.72 * self.size

    @property
    def bottom(self) -> float:
        """The lower edge of its descenders."""
        return self.y + 0.24 * self.size

    def overlaps(self, other: "Run") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def runs(pdf: bytes) -> list[list[Run]]:
    """The texts of each page with their places, in the order of drawing; no-break spaces are plain ones."""
    return [_runs_of(page) for page in PdfReader(BytesIO(pdf)).pages]


def rows(page: list[Run]) -> list[list[str]]:
    """The texts of a page line by line from the top, each line from left to right."""
    lines: dict[float, list[Run]] = {}
    for run in page:
        lines.setdefault(round(run.y, 2), []).append(run)
    return [[run.text for run in sorted(lines[y], key=lambda run: run.left)] for y in sorted(lines)]


def words(pdf: bytes) -> str:
    """All that is written, line breaks and runs of spaces made one space."""
    return " ".join(" ".join(run.text for page in runs(pdf) for run in page).split())


def plain(text: str) -> str:
    """The text as ``runs`` gives it: with plain spaces."""
    return " ".join(text.split())


def _runs_of(page: Any) -> list[Run]:
    found: list[Run] = []

    def visit(text: str, _: Any, matrix: list[float], font: dict[str, str] | None, size: float) -> None:
        if font is None or not text.strip():
            return
        face = BOLD if font["/BaseFont"].endswith(BOLD) else REGULAR
        with rendering():
            wide = width(text.rstrip("\n"), face, size)
        left = matrix[4]
        found.append(Run(left / mm, (left + wide) / mm, (PAGE_HEIGHT - matrix[5]) / mm, size / mm, plain(text)))

    page.extract_text(visitor_text=visit)
    return found
