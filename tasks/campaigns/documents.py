"""References to documents, by what a clerk calls them."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.tables.document import Document
from models.values.documents import DocumentReference
from tasks.kinds.registry import kind_named


def references(session: Session, keys: list[tuple[int, int, str]]) -> list[DocumentReference]:
    """References to (document, version, purpose) triples, in their order."""
    wanted = {key[0] for key in keys}
    by_kind: dict[str, list[int]] = defaultdict(list)
    for document, kind in session.execute(select(Document.id, Document.kind).where(Document.id.in_(wanted))).tuples():
        by_kind[kind].append(document)
    known = {
        document: (*labelled, kind)
        for kind, documents in by_kind.items()
        for document, labelled in kind_named(kind).labels(session, documents).items()
    }
    return [DocumentReference(document, version, purpose, *known[document]) for document, version, purpose in keys]
