"""How old the balances are: an invoice that was paid since they were imported would be reminded of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from models.database.clock import utc_now
from models.reading.reminder_terms import USUAL, read_terms
from models.tables.import_run import ImportRun
from models.tables.organisation import Structure
from settings.ledger import reading_ledger
from tasks.french.moments import paris_moment


def balances_imported_at() -> datetime | None:
    """When balances were last imported; None: never."""
    with reading_ledger() as session:
        return session.scalar(select(func.max(ImportRun.imported_at)).where(ImportRun.with_balances.is_(True)))


def stale_balances(structures: tuple[str, ...]) -> str:
    """A French sentence when the balances are older than the association's policy allows; empty when they are fresh."""
    with reading_ledger() as session:
        query = select(Structure.association_id).distinct()
        associations = session.scalars(query.where(Structure.code.in_(structures)) if structures else query).all()
        terms = read_terms(session)
    allowed = min((terms.get(association, USUAL).fresh_days for association in associations), default=USUAL.fresh_days)
    imported_at = balances_imported_at()
    if imported_at is None:
        return "Les soldes des factures n'ont jamais été importés : lancez « importer-les-donnees »."
    if (utc_now() - imported_at).days < allowed:
        return ""
    return (
        f"Les soldes datent du {paris_moment(imported_at)}, plus de {allowed} jours : "
        "importez les derniers règlements, puis relancez."
    )
