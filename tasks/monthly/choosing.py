"""Storing what was chosen of a campaign, and the deliveries that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.database.clock import utc_now
from models.ledger.steps import withdraw
from models.reading.campaign_lines import read_lines
from models.reading.standings import Standing
from models.rules.changes import Changed, Shown
from models.rules.coverage import Coverage, persons_of
from models.rules.recipients import NoAddress, Recipients, Role
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign, CampaignLine
from models.tables.document import Version
from models.values.campaign import REAL, CampaignReference
from settings.ledger import writing_ledger
from tasks.campaigns.changed import changed_lines
from tasks.campaigns.deliveries import plan_deliveries
from tasks.failpoints import reached
from tasks.kinds.registry import monthly_kind_named
from tasks.kinds.settling import reopen
from tasks.monthly.planning import shown_line


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: documents, who chose, and why what was not preselected is sent (again).

    ``only_failed``: what is sent again goes to those alone whose sending failed, where there are such. ``form`` is the
    number of the form that showed the lines; None: nobody was shown any.
    """

    document_ids: frozenset[int]
    initials: str = ""
    reason: str = ""
    only_failed: bool = False
    form: int | None = None


def store_choice(campaign: CampaignReference, choice: Choice | None = None) -> Changed | None:
    """Store the selection (None: what is preselected) and plan its deliveries, in one transaction.

    Nothing is chosen when what a person chose has Changed since the form showed it: then the lines are stored as they
    are now, for the next form.

    A document that was already sent, and is wanted again, gets a new version; what was still waiting of the
    old one is withdrawn, so that it cannot leave beside the new one.
    """
    with writing_ledger() as session:
        stored = session.get_one(Campaign, campaign.campaign_id, with_for_update=True)
        if stored.chosen_at is not None:
            return None
        now = utc_now()
        lines = read_lines(session, stored.id)
        kind = monthly_kind_named(stored.kind)
        standings = {s.document_id: s for s in kind.of_month(session, stored.period or "", stored.structures)}
        if choice and (changed := _changed(lines, standings, choice)):
            return changed
        for line in lines:
            line.chosen = line.document_id in choice.document_ids if choice else line.preselected
        stored.chosen_at = now
        stored.chosen_by = choice.initials if choice else ""
        stored.reason = choice.reason if choice and choice.reason else stored.reason
        planned = []
        for line in lines:
            if not line.chosen or line.document_id not in standings:
                continue
            standing = standings[line.document_id]
            again = bool(campaign.reason) or not line.preselected
            targets = _targets(stored, standing, again, only_failed=bool(choice and choice.only_failed))
            line.version = _version_to_send(session, stored, standing, again, targets, now)
            planned.append((line.document_id, line.version, targets))
        session.flush()
        plan_deliveries(session, stored, planned, now)
    reached("planned")
    return None


def _changed(lines: Sequence[CampaignLine], standings: Mapping[int | None, Standing], choice: Choice) -> Changed | None:
    if choice.form is None:
        return None
    today = {line.document_id: _today(line, standings) for line in lines}
    return changed_lines(lines, today, choice.form, lambda line, _: line.document_id in choice.document_ids)


def _today(line: CampaignLine, standings: Mapping[int | None, Standing]) -> Shown:
    standing = standings.get(line.document_id)
    return shown_line(standing) if standing else {**line.shown, "addresses": []}


def _targets(campaign: Campaign, standing: Standing, again: bool, *, only_failed: bool) -> Recipients:
    """Whom this campaign writes to for a document: who is served is not served twice unless a person wants it."""
    if isinstance(standing.recipients, NoAddress) or campaign.purpose != REAL:
        return standing.recipients
    again = again and standing.coverage is not Coverage.UNCERTAIN
    if again and not (only_failed and standing.failing):
        return standing.recipients
    failed = {person for delivery in standing.failing for person in persons_of(Role(delivery.role))} if again else set()
    return tuple(r for r in standing.recipients if r.key in standing.unserved or failed & set(persons_of(r.role)))


def _version_to_send(
    session: Session, campaign: Campaign, standing: Standing, again: bool, targets: Recipients, now: datetime
) -> int:
    if campaign.purpose != REAL or not again or standing.coverage is Coverage.UNCERTAIN:
        return standing.version
    reopen(session, standing.document_id or 0)
    if not standing.deliveries:
        return standing.version
    roles = set() if isinstance(targets, NoAddress) else {recipient.role for recipient in targets}
    served_again = {person for role in roles for person in persons_of(role)}
    for delivery in standing.deliveries:
        is_replaced = bool(served_again & set(persons_of(Role(delivery.role))))
        if is_replaced and delivery.state in {DeliveryState.PLANNED, DeliveryState.COMPOSED, DeliveryState.DEFERRED}:
            note = f"remplacé par l'envoi n° {standing.version + 1}"
            withdraw(session.connection(), delivery.delivery_id, delivery.state, note=note, now=now)
    session.add(
        Version(
            document_id=standing.document_id,
            number=standing.version + 1,
            purpose=REAL,
            flow_run_id=campaign.flow_run_id,
            reason=campaign.reason,
            made_for=[] if targets == standing.recipients else sorted(roles),
            created_at=now,
        )
    )
    return standing.version + 1
