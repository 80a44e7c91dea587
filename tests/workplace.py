"""A workplace for tests: a database with one structure, a folder, a scripted relay, and Facteur's settings for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from models.database.session import reading, writing
from models.reading.standings import Standing, read_standings
from models.tables.delivery import Delivery
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Association, Structure
from models.tables.people import Guardian, Resident
from models.values.campaign import CampaignReference
from models.values.ending import Refusal, Stopped
from models.values.kinds import RecipientPolicy
from settings.load import load_settings
from tasks.campaigns.remaining import remaining_documents
from tasks.campaigns.requests import read_request
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.monthly.choosing import Choice, store_choice
from tasks.monthly.planning import plan_month
from tasks.relays.finding import find_relays
from tests.smtp_server.process import ScriptedServer

PERIOD = "2024-09"


@dataclass
class Workplace:
    """What a test works with. The tasks are called as functions: no Prefect server is asked."""

    database: str
    relay: ScriptedServer
    stops: list[Stopped] = field(default_factory=list)

    def add_resident(
        self,
        name: str,
        own: str = "",
        guardian: str = "",
        policy: RecipientPolicy = RecipientPolicy.ALL,
        *,
        structure: str = "TILLEULS",
    ) -> str:
        """A resident with one invoice of the period; returns its number."""
        number = f"F-{uuid4().hex[:8]}"
        with writing(self.database) as session:
            owner = session.scalars(select(Structure).where(Structure.code == structure)).one()
            resident = Resident(
                structure_id=owner.id,
                code=f"R-{number}",
                last_name=name,
                first_name="Alix",
                email=own,
                recipients=policy,
                guardian=Guardian(code=f"T-{number}", last_name="Tuteur", email=guardian) if guardian else None,
            )
            invoice = Invoice(
                structure_id=owner.id,
                resident=resident,
                number=number,
                period=PERIOD,
                issued_on=date(2024, 9, 30),
                total_excl_tax=Decimal("100.00"),
                vat=Decimal("0.00"),
                total_incl_tax=Decimal("100.00"),
                balance=Decimal("100.00"),
                lines=[InvoiceLine(position=1, label="Hébergement", amount=Decimal("100.00"))],
            )
            session.add_all([resident, invoice])
        return number

    def plan(self, flow_run_id: str | None = None, *, reason: str = "", redirect: str = "") -> CampaignReference:
        """Plan a campaign as an unattended run does, up to the choice."""
        run = flow_run_id or str(uuid4())
        request = read_request(run, datetime(2024, 10, 5, tzinfo=UTC), PERIOD, None, reason, redirect)
        assert not isinstance(request, Refusal), request
        return plan_month(request, {})

    def choose(self, campaign: CampaignReference, choice: Choice | None = None) -> None:
        store_choice(campaign, choice)

    def send(self, campaign: CampaignReference) -> list[str | None]:
        """Send what remains; the names of the task runs' states."""
        carriers = find_relays(())
        assert not carriers.missing, carriers
        with closing(SendingRun(carriers.relays, str(uuid4()), load_settings())) as run:
            states = [mail_document.fn(document, run) for document in remaining_documents(campaign)]
            self.stops = run.stopped
        return [state.name for state in states]

    def run(self, flow_run_id: str | None = None, *, reason: str = "", redirect: str = "") -> list[str | None]:
        """A whole unattended campaign."""
        campaign = self.plan(flow_run_id, reason=reason, redirect=redirect)
        self.choose(campaign)
        return self.send(campaign)

    def standings(self) -> list[Standing]:
        with reading(self.database) as session:
            return read_standings(session, PERIOD)

    def deliveries(self) -> list[Delivery]:
        with reading(self.database) as session:
            found = list(session.scalars(select(Delivery).order_by(Delivery.id)))
            session.expunge_all()
            return found


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[ScriptedServer]:
    """A scripted SMTP server that does everything right until told otherwise."""
    with ScriptedServer(tmp_path / "relay") as server:
        yield server


@pytest.fixture
def settings_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, ScriptedServer], None]:
    """Points Facteur's settings at a database and a relay."""

    def point(database: str, server: ScriptedServer) -> None:
        monkeypatch.chdir(tmp_path)  # no .env of the developer's
        for name, value in {
            "FACTEUR_VAR": str(tmp_path / "var"),
            "FACTEUR_DATABASE_URL": database,
            "FACTEUR_SMTP__HOST": "127.0.0.1",
            "FACTEUR_SMTP__PORT": str(server.port),
            "FACTEUR_SMTP__SECURITY": "none",
            "FACTEUR_SENDING__LEASE_SECONDS": "3",
            "FACTEUR_SENDING__RELAY_PAUSE_SECONDS": "0",
            "FACTEUR_SENDING__TIMEOUT_SECONDS": "5",
            "FACTEUR_SENDING__PATIENCE_SECONDS": "10",
        }.items():
            monkeypatch.setenv(name, value)

    return point


def add_structure(database: str, code: str = "TILLEULS") -> None:
    with writing(database) as session:
        association = session.scalars(select(Association)).first() or Association(code="amis", name="Les Amis")
        session.add(
            Structure(
                association=association,
                code=code,
                name=f"EHPAD {code.title()}",
                sender_email=f"facturation@{code.lower()}.example",
            )
        )


@pytest.fixture
def workplace(
    database_url: str, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]
) -> Workplace:
    """A workplace on each of the two databases."""
    settings_for(database_url, relay)
    add_structure(database_url)
    return Workplace(database_url, relay)
