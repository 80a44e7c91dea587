"""References to documents: a few bytes that a task can be given."""

from dataclasses import dataclass

from models.values.kinds import INVOICE


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """One version of one document, for one purpose.

    ``label`` is what the clerk reads: "MAILLY Josiane · F2024-0912".
    """

    document_id: int
    version: int
    purpose: str
    structure: str
    label: str
    kind: str = INVOICE
