"""Every kind of mailing, by the name that the ledger stores."""

from __future__ import annotations

from tasks.kinds.invoice import INVOICES
from tasks.kinds.kind import Kind, MonthlyKind
from tasks.kinds.reminder import REMINDERS


class UnknownKindError(Exception):
    """The ledger holds a kind of mailing that this version does not know: it was written by a newer one."""


KINDS: dict[str, Kind] = {kind.name: kind for kind in (INVOICES, REMINDERS)}


def kind_named(name: str) -> Kind:
    """The kind with this name; UnknownKindError without one."""
    if name not in KINDS:
        raise UnknownKindError(f"no kind of mailing is called {name!r}; known: {', '.join(KINDS)}")
    return KINDS[name]


def monthly_kind_named(name: str) -> MonthlyKind:
    """The kind with this name, of one document for each resident of a month; UnknownKindError without one."""
    kind = kind_named(name)
    if not isinstance(kind, MonthlyKind):
        raise UnknownKindError(f"{name!r} is no kind of one document a month")
    return kind
