"""Ten faults, each of another kind, planted in a copy of the sample: to show what a refused import looks like."""

from __future__ import annotations

from pathlib import Path

FAULTS: tuple[tuple[str, str, str], ...] = (
    # file, what stands in it, what takes its place there the first time
    ("structures.csv", "EXEMFRPPXXX", "EXEM"),
    ("tuteurs.csv", "nathalie.laine2@", "nathalie.lainé2@"),
    ("residents.csv", ";josiane.mailly@example.org;", ";MAILLY Josiane <josiane.mailly@example.org>;"),
    ("residents.csv", ";T0007;tuteur;", ";T9999;tuteur;"),
    ("residents.csv", "TILLEULS;R0019;", "TILLEULS;R0018;"),
    ("factures.csv", "TIL-202408-0001;R0001;;2024-08;", "TIL-202408-0001;R0001;;août 2024;"),
    ("factures.csv", "TIL-202408-0003;R0003;;2024-08;31/08/2024;", "TIL-202408-0003;R0003;;2024-08;31/02/2024;"),
    ("factures.csv", "TIL-202409-0002.pdf", "absent.pdf"),
    ("lignes.csv", "hébergement, chambre individuelle;31;67,4500;", "hébergement, chambre individuelle;31;76,4500;"),
    ("clients.csv", ";compta1@client.test;", ";compta1@client.test, direction@client.test;"),
)


def plant_faults(folder: Path) -> None:
    """Change the files of a sample in ``folder``."""
    for file, right, wrong in FAULTS:
        path = folder / file
        text = path.read_bytes().decode("utf-8-sig")
        if right not in text:
            raise ValueError(f"the sample has no {right!r} in {file}")
        path.write_bytes(text.replace(right, wrong, 1).encode("utf-8-sig"))
