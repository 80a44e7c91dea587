"""What the pages of a campaign are made from: read from the ledger, never from what the tasks returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.campaign_lines import read_lines
from models.reading.standings import DeliveryStanding, Standing, read_deliveries
from models.rules.coverage import Coverage
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign, CampaignLine
from models.tables.delivery import Delivery
from models.tables.organisation import Structure
from models.values.campaign import REAL, CampaignReference
from models.values.ending import Stopped
from models.values.people import alphabetical
from settings.ledger import reading_ledger
from tasks.kinds.kind import Kind, Undocumented
from tasks.kinds.registry import kind_named
from tasks.pages.headlines import Tally


@dataclass(frozen=True, slots=True)
class SentLine:
    """One line of the campaign, in the words that were shown, and one of its deliveries."""

    document_id: int
    shown: dict[str, Any]
    delivery: DeliveryStanding


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign as it stands: ``lines`` in the order of the screen, ``standings`` of all documents it is about.

    ``structures`` maps the codes of the structures that the campaign is about to their names. ``not_shown`` are the
    numbers of documents that came after the review, and so were not sent.
    """

    campaign: CampaignReference
    kind: Kind
    structures: dict[str, str]
    standings: tuple[Standing, ...]
    undocumented: tuple[Undocumented, ...]
    lines: tuple[SentLine, ...]
    stops: tuple[Stopped, ...]
    not_shown: tuple[str, ...]

    @property
    def when(self) -> str:
        return self.kind.when(self.campaign)

    @property
    def tally(self) -> Tally:
        """The campaign's documents, each under its worst address."""
        return Tally.of([(line.document_id, line.delivery.state, line.delivery.unwritten) for line in self.lines])

    @property
    def failed_elsewhere(self) -> tuple[Standing, ...]:
        """What of the month is in failure or uncertain, and is not of this campaign."""
        mine = {line.document_id for line in self.lines}
        bad = {Coverage.FAILED, Coverage.UNCERTAIN}
        return tuple(s for s in self.standings if s.coverage in bad and s.document_id not in mine)

    @property
    def sent_since(self) -> datetime | None:
        """When the last document of all was accepted."""
        return max((s.sent_at for s in self.standings if s.coverage is Coverage.MAILED and s.sent_at), default=None)

    @property
    def next_try(self) -> datetime | None:
        """When the first deferred delivery is due."""
        due = (line.delivery.not_before for line in self.lines if line.delivery.state is DeliveryState.DEFERRED)
        return min((moment for moment in due if moment), default=None)


def read_facts(campaign: CampaignReference, stops: Sequence[Stopped] = ()) -> CampaignFacts:
    """Read a campaign; ``stops`` tell why pools were closed in this run."""
    kind = kind_named(campaign.kind)
    with reading_ledger() as session:
        standings = kind.standings(session, campaign)
        stored = session.get_one(Campaign, campaign.campaign_id)
        lines = read_lines(session, campaign.campaign_id)
        return CampaignFacts(
            campaign=campaign,
            kind=kind,
            structures=_structures(session, campaign, {s.structure_code for s in standings}),
            standings=tuple(standings),
            undocumented=tuple(kind.undocumented(session, campaign)),
            lines=_sent_lines(
                session, campaign, [line for line in lines if line.chosen], _superseded(campaign, standings)
            ),
            stops=tuple(stops),
            not_shown=_not_shown(kind, stored, lines, standings),
        )


def _not_shown(
    kind: Kind, campaign: Campaign, lines: Sequence[CampaignLine], standings: Sequence[Standing]
) -> tuple[str, ...]:
    """What waits, and came after the review."""
    if not campaign.chosen_by or not kind.shows_all(campaign.parameters):
        return ()
    shown = {
        (line.shown["structure"], number)
        for line in lines
        for number in (line.shown["number"], *(invoice["number"] for invoice in line.shown.get("invoices", ())))
    }
    waiting = (s for s in standings if s.mailable and s.coverage is Coverage.WAITING)
    return tuple(s.number for s in waiting if (s.structure_code, s.number) not in shown)


def _structures(session: Session, campaign: CampaignReference, codes: set[str]) -> dict[str, str]:
    """Those that were asked for; without any, those that have something."""
    known = session.execute(select(Structure.code, Structure.name)).tuples().all()
    wanted = set(campaign.structures) or codes
    return dict(sorted((row for row in known if row[0] in wanted), key=lambda row: alphabetical(row[1])))


def _superseded(campaign: CampaignReference, standings: Sequence[Standing]) -> Callable[[int, DeliveryStanding], bool]:
    """Whether a document's real delivery does not count any more: somebody's later sending took its place."""
    counting = {s.document_id: {d.delivery_id for d in s.deliveries} for s in standings if s.document_id}
    return lambda document, delivery: (
        campaign.purpose == REAL and document in counting and delivery.delivery_id not in counting[document]
    )


def _sent_lines(
    session: Session,
    campaign: CampaignReference,
    chosen: Sequence[CampaignLine],
    superseded: Callable[[int, DeliveryStanding], bool],
) -> tuple[SentLine, ...]:
    deliveries = read_deliveries(
        session,
        Delivery.purpose == campaign.purpose,
        Delivery.document_id.in_(
            select(CampaignLine.document_id).where(
                CampaignLine.campaign_id == campaign.campaign_id, CampaignLine.chosen.is_(True)
            )
        ),
    )
    return tuple(
        SentLine(line.document_id, line.shown, delivery)
        for line in chosen
        for delivery in deliveries.get(line.document_id, [])
        if delivery.version == line.version and not superseded(line.document_id, delivery)
    )
