"""What a run was asked for: its parameters, checked, or the French sentence that says which one cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from models.database.schema import is_current
from models.database.session import reading
from models.tables.organisation import Structure
from models.values.campaign import purpose_of
from models.values.ending import Refusal
from models.values.kinds import INVOICE
from models.values.period import Period
from settings.load import load_settings
from tasks.entry.addresses import AddressFault, check_address


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents that a run is about: a month, and structures by code (none: all); both have been checked."""

    period: str
    structures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthlyRequest:
    """What a run was asked to send for a month; every field has been checked. ``kind`` is a monthly kind's name."""

    flow_run_id: str
    period: str
    structures: tuple[str, ...]
    reason: str = ""
    redirected_to: str = ""
    kind: str = INVOICE

    @property
    def purpose(self) -> str:
        return purpose_of(self.flow_run_id, self.redirected_to)


def read_request(
    flow_run_id: str,
    today: datetime,
    period: str | None,
    structures: Collection[str] | None,
    reason: str | None,
    redirected_to: str | None,
    kind: str = INVOICE,
) -> MonthlyRequest | Refusal:
    """Check the parameters of a run; a Refusal when one of them cannot be used. ``today`` is in Paris time."""
    scope = read_scope(today, period, structures)
    if isinstance(scope, Refusal):
        return scope
    redirection = read_redirection(redirected_to)
    if isinstance(redirection, Refusal):
        return redirection
    return MonthlyRequest(
        flow_run_id, scope.period, scope.structures, " ".join((reason or "").split())[:300], redirection, kind
    )


def read_redirection(redirected_to: str | None) -> str | Refusal:
    """The address that a trial goes to, checked; empty when it is none."""
    if not (redirected_to or "").strip():
        return ""
    checked = check_address(redirected_to or "")
    if isinstance(checked, AddressFault):
        return Refusal(f"L'adresse de « rediriger_vers » ne convient pas : {checked}.")
    return checked


def unknown_period(text: str, today: datetime) -> Refusal:
    """For a period that is none; ``today`` is in Paris time."""
    example = Period.before(today.date())
    return Refusal(f"La période « {text} » n'est pas reconnue : écrivez-la AAAA-MM, par exemple {example}.")


def read_scope(today: datetime, period: str | None, structures: Collection[str] | None) -> Scope | Refusal:
    """Check which documents are meant; a Refusal when it cannot be told. ``today`` is in Paris time.

    Without a period, last month's.
    """
    month = Period.parse(period) if period and period.strip() else Period.before(today.date())
    if month is None:
        return unknown_period(period or "", today)
    wanted = read_structures(structures)
    if isinstance(wanted, Refusal):
        return wanted
    return Scope(str(month), wanted)


def read_structures(structures: Collection[str] | None) -> tuple[str, ...] | Refusal:
    """The codes of the structures that are meant (none: all), once the database is known to be in order."""
    wanted = tuple(dict.fromkeys(code.strip() for code in structures or () if code.strip()))
    url = load_settings().database
    try:
        current = is_current(url)
    except OperationalError as error:
        return Refusal(f"La base de données ne s'ouvre pas ({error.orig}) : prévenez la personne qui exploite Facteur.")
    if not current:
        return Refusal("La base de données n'est pas à jour : lancez « facteur migrate », puis relancez.")
    with reading(url) as session:
        known = dict(session.execute(select(Structure.code, Structure.name).order_by(Structure.code)).tuples().all())
    if not known:
        return Refusal("Aucune structure n'est connue : importez d'abord les données avec « importer-les-donnees ».")
    unknown = [code for code in wanted if code not in known]
    if unknown:
        listed = ", ".join(f"{code} ({name})" for code, name in known.items())
        return Refusal(f"Structure inconnue : {', '.join(unknown)}. Structures connues : {listed}.")
    return wanted
