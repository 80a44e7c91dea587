"""What became of an import, as a value and in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.french.numbers import counted
from tasks.imports.faults import Fault

SHOWN_FAULTS = 200


@dataclass(slots=True)
class Counts:
    """What happened to the rows of one file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of an import of ``source``. With a fault, nothing was stored, and ``counts`` is empty.

    ``counts`` is by file ("residents"); ``notes`` are French sentences about what was left aside.
    """

    source: str
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    counts: dict[str, Counts] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return not self.faults

    @property
    def message(self) -> str:
        """The outcome in one French sentence or two."""
        if self.faults:
            files = len({fault.file for fault in self.faults})
            found = f"{counted(len(self.faults), 'anomalie', 'anomalies')} dans {counted(files, 'fichier', 'fichiers')}"
            return f"Import refusé : {found} ; rien n'a été enregistré. Corrigez les fichiers et relancez l'import."
        created, updated, unchanged = (
            sum(getattr(count, name) for count in self.counts.values()) for name in ("created", "updated", "unchanged")
        )
        if not created and not updated:
            return f"Import terminé : rien n'a changé ({counted(unchanged, 'ligne inchangée', 'lignes inchangées')})."
        return (
            f"Import terminé : {counted(created, 'ligne créée', 'lignes créées')}, "
            f"{counted(updated, 'modifiée', 'modifiées')}, {counted(unchanged, 'inchangée', 'inchangées')}."
        )

    @property
    def shown_faults(self) -> tuple[Fault, ...]:
        """The faults that are worth reading on one page."""
        return self.faults[:SHOWN_FAULTS]

    @property
    def more_faults(self) -> str:
        """A sentence on the faults that are not shown, empty when all are."""
        more = len(self.faults) - SHOWN_FAULTS
        return f"… et {counted(more, 'autre anomalie', 'autres anomalies')}." if more > 0 else ""
