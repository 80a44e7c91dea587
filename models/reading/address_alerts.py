"""Imports that changed many addresses of a structure, and that no person has reviewed a campaign after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.rules.recipients import Role
from models.tables.campaign import Campaign
from models.tables.import_run import AddressAlert, ImportRun
from models.tables.organisation import Structure
from models.values.campaign import REAL


@dataclass(frozen=True, slots=True)
class ManyChanged:
    """``changed`` of the ``total`` addresses of a structure were replaced by one import."""

    structure: str
    changed: int
    total: int
    imported_at: datetime


def read_alerts(session: Session, kind: str, role: Role, structures: Collection[str] = ()) -> list[ManyChanged]:
    """The alerts about residents or clients that are open for these structures (none: all), oldest first.

    A real campaign of the kind that a person chose after the import, and that covers the structure, ends one.
    """
    reviewed = session.execute(
        select(Campaign.structures, Campaign.chosen_at).where(
            Campaign.kind == kind, Campaign.purpose == REAL, Campaign.chosen_by != "", Campaign.chosen_at.is_not(None)
        )
    ).tuples()
    reviews = [(frozenset(covered), at) for covered, at in reviewed if at is not None]
    rows = session.execute(
        select(Structure.code, AddressAlert.changed, AddressAlert.total, ImportRun.imported_at)
        .join(ImportRun, AddressAlert.import_run_id == ImportRun.id)
        .join(Structure, AddressAlert.structure_id == Structure.id)
        .where(AddressAlert.role == role)
        .order_by(ImportRun.imported_at, Structure.code)
    ).tuples()
    return [
        ManyChanged(code, changed, total, at)
        for code, changed, total, at in rows
        if (not structures or code in structures)
        and not any(seen > at and (not covered or code in covered) for covered, seen in reviews)
    ]
