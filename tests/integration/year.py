"""Twelve clean months of an association, to plant doubts in: people come and go, prices rise, nothing is odd."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

from reportlab.pdfgen.canvas import Canvas

DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
STRUCTURES = ("LILAS", "ROSES", "CHENES")
RESIDENTS = 20  # in each structure
COMES, LEAVES = 5, 9  # the month in which one comes in the middle, and one leaves
DOMAINS = ("gmail.com", "orange.fr", "wanadoo.fr", "example.org", "laposte.net", "udaf44.asso.fr")
LAST_NAMES = ("MARTIN", "LE GOFF", "BÉRANGER", "D'HAŸ", "ÇELIK", "O'NEIL", "MÜLLER", "SAINT-YVES", "ŽIŽKA", "NÚÑEZ")
FIRST_NAMES = ("Éléonore", "Noël", "Anaïs", "Zoé", "Gaëtan", "Jean-François", "Maÿlis", "Ève")


@dataclass
class Year:
    """The files of each month; ``lines[month]`` are rows of cells, to be changed before they are written."""

    residents: list[dict[str, str]] = field(default_factory=list)
    months: dict[int, list[dict[str, str]]] = field(default_factory=dict)

    def write(self, folder: Path, month: int, *, pdfs: bool = False) -> Path:
        """The export of one month: all residents, and the invoices of that month."""
        folder.mkdir(parents=True, exist_ok=True)
        structures = [{"code": code, "nom": f"EHPAD {code.title()}", "association": "Les Rives"} for code in STRUCTURES]
        names = {(r["structure"], r["code"]): f"{r['nom']} {r['prenom']}" for r in self.residents}
        _write(folder / "structures.csv", structures)
        _write(folder / "residents.csv", self.residents)
        _write(folder / "factures.csv", self.months[month])
        for row in self.months[month] if pdfs else []:
            row["fichier_pdf"] = row.get("fichier_pdf") or f"{row['numero']}.pdf"
            name = names[row["structure"], row["code_resident"]]
            (folder / f"{row['numero']}.pdf").write_bytes(pdf(f"Facture n° {row['numero']}", name))
        if pdfs:
            _write(folder / "factures.csv", self.months[month])
        return folder

    def bill(self, month: int, position: int) -> dict[str, str]:
        """One invoice of a month, to change."""
        return self.months[month][position]


def year() -> Year:
    """Deterministic, and clean."""
    random = Random(2024)
    found = Year()
    for structure in STRUCTURES:
        for n in range(RESIDENTS):
            last, first = random.choice(LAST_NAMES), random.choice(FIRST_NAMES)
            leaves = n == RESIDENTS - 1
            found.residents.append(
                {
                    "structure": structure,
                    "code": f"{structure[0]}{n:03d}",
                    "nom": last,
                    "prenom": first,
                    "email": f"famille{n}.{structure.lower()}@{random.choice(DOMAINS)}",
                    "date_sortie": f"20/{LEAVES:02d}/2024" if leaves else "",
                }
            )
    for month in range(1, 13):
        found.months[month] = [row for resident in found.residents if (row := _bill(resident, month)) is not None]
    return found


def _bill(resident: dict[str, str], month: int) -> dict[str, str] | None:
    n = int(resident["code"][1:])
    days = DAYS[month - 1]
    if n == 0:
        if month < COMES:
            return None
        days = 12 if month == COMES else days
    if resident["date_sortie"]:
        if month > LEAVES:
            return None
        days = 20 if month == LEAVES else days
    price = Decimal("68.40") if month < 7 else Decimal("70.10")
    amount = (days * (price + n)).quantize(Decimal("0.01"))
    written = f"{amount}".replace(".", ",")
    return {
        "structure": resident["structure"],
        "numero": f"{resident['structure']}-2024{month:02d}-{n:03d}",
        "code_resident": resident["code"],
        "periode": f"2024-{month:02d}",
        "date_facture": f"{DAYS[month - 1]}/{month:02d}/2024",
        "date_echeance": f"15/{month + 1:02d}/2024" if month < 12 else "15/01/2025",
        "montant_ht": written,
        "montant_ttc": written,
        "reste_a_payer": "0,00" if n % 3 else written,
        "fichier_pdf": "",
    }


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    header = list(rows[0])
    lines = [header, *([row.get(name, "") for name in header] for row in rows)]
    path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")


def pdf(*lines: str) -> bytes:
    """A page with these lines of text."""
    content = io.BytesIO()
    canvas = Canvas(content, invariant=True)
    for position, line in enumerate(lines):
        canvas.drawString(72, 760 - 20 * position, line)
    canvas.showPage()
    canvas.save()
    return content.getvalue()
