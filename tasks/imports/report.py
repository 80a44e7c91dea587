"""What became of an import, as a value and in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from tasks.french.numbers import counted
from tasks.imports.changes import Change
from tasks.imports.faults import Fault
from tasks.imports.remarks import Remark, shown_sentences

SHOWN_FAULTS = 200
SHOWN_CHANGES = 200  # of those that are not dangerous


@dataclass(slots=True)
class Counts:
    """What happened to the rows of one file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


class Outcome(StrEnum):
    """What became of an import: only an accepted one was written. The values are stable: programs read them."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WAITING = "waiting"
    DRY_RUN = "dry-run"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of an import of ``source``. Of a refused one, ``counts`` and ``changes`` are empty.

    ``counts`` is by file ("residents"), also of what was not written; ``notes`` are French sentences about what was
    left aside, ``remarks`` are doubts. ``digest`` names the bytes and the dangerous changes that are shown,
    ``taken_by`` the initials of who took these. ``fault_book`` is the workbook with all faults; empty when none was
    written.
    """

    source: str
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    counts: dict[str, Counts] = field(default_factory=dict)
    outcome: Outcome = Outcome.ACCEPTED
    changes: tuple[Change, ...] = ()
    remarks: tuple[Remark, ...] = ()
    digest: str = ""
    taken_by: str = ""
    fault_book: str = ""

    @classmethod
    def refused(cls, source: str, faults: tuple[Fault, ...], notes: tuple[str, ...] = ()) -> ImportReport:
        """The report of an import that cannot be used."""
        return cls(source, faults, notes, outcome=Outcome.REFUSED)

    @property
    def accepted(self) -> bool:
        """Whether it was written."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def dangerous(self) -> tuple[Change, ...]:
        """The changes that a person has to take."""
        return tuple(change for change in self.changes if change.dangerous)

    @property
    def harmless(self) -> tuple[Change, ...]:
        """The other changes."""
        return tuple(change for change in self.changes if not change.dangerous)

    @property
    def dangers(self) -> str:
        """How many dangerous changes there are, and of what: "56 changements dangereux (56 adresses e-mail)"."""
        kinds = Counter(change.label for change in self.dangerous)
        listed = ", ".join(f"{label} : {number}" for label, number in kinds.items())
        return f"{counted(len(self.dangerous), 'changement dangereux', 'changements dangereux')} ({listed})"

    @property
    def message(self) -> str:
        """The outcome in one French sentence or two."""
        if self.faults:
            files = len({fault.file for fault in self.faults})
            found = f"{counted(len(self.faults), 'anomalie', 'anomalies')} dans {counted(files, 'fichier', 'fichiers')}"
            return f"Import refusé : {found} ; rien n'a été enregistré. Corrigez les fichiers et relancez l'import."
        match self.outcome:
            case Outcome.WAITING:
                return f"Rien n'est encore enregistré : {self.dangers} à relire et à accepter d'abord."
            case Outcome.DRY_RUN:
                asks = f" Avant d'enregistrer, il demanderait votre accord : {self.dangers}." if self.dangerous else ""
                return f"Essai, rien n'a été enregistré. Cet import donnerait : {self._counted}.{asks}"
        taken = f" {self.dangers[0].upper()}{self.dangers[1:]} : accord de {self.taken_by}." if self.dangerous else ""
        return f"Import terminé : {self._counted}.{taken}"

    @property
    def _counted(self) -> str:
        created, updated, unchanged = (
            sum(getattr(count, name) for count in self.counts.values()) for name in ("created", "updated", "unchanged")
        )
        if not created and not updated:
            return f"rien n'a changé ({counted(unchanged, 'ligne inchangée', 'lignes inchangées')})"
        return (
            f"{counted(created, 'ligne créée', 'lignes créées')}, "
            f"{counted(updated, 'modifiée', 'modifiées')}, {counted(unchanged, 'inchangée', 'inchangées')}"
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

    @property
    def shown_remarks(self) -> list[str]:
        """What is unlikely, as far as it is worth reading on one page."""
        return shown_sentences(self.remarks)

    @property
    def shown_changes(self) -> tuple[Change, ...]:
        """Every dangerous change, and the first of the others."""
        return (*self.dangerous, *self.harmless[:SHOWN_CHANGES])

    @property
    def more_changes(self) -> str:
        """A sentence on the changes that are not shown, empty when all are."""
        more = len(self.harmless) - SHOWN_CHANGES
        return f"… et {counted(more, 'autre changement', 'autres changements')}." if more > 0 else ""
