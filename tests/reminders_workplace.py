"""Clients, overdue invoices and reminder campaigns for tests, beside tests/workplace.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import select

from models.database.clock import utc_now
from models.database.session import reading, writing
from models.reading.overdue import OverdueStanding, read_overdue
from models.tables.import_run import ImportRun
from models.tables.invoice import Invoice, InvoiceLine
from models.tables.organisation import Structure
from models.tables.people import Client
from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from models.values.kinds import ClientKind
from tasks.reminders.choosing import ReminderChoice, store_reminder_choice
from tasks.reminders.planning import plan_reminders, read_reminder_request
from tests.workplace import Workplace

TODAY = date(2024, 11, 15)


def add_client(
    workplace: Workplace,
    name: str,
    email: str = "",
    *,
    kind: ClientKind = ClientKind.PROFESSIONAL,
    structure: str = "TILLEULS",
    suspended_until: date | None = None,
) -> str:
    """A client; returns its code."""
    code = f"C-{uuid4().hex[:8]}"
    with writing(workplace.database) as session:
        owner = session.scalars(select(Structure).where(Structure.code == structure)).one()
        session.add(
            Client(
                structure_id=owner.id,
                code=code,
                name=name,
                kind=kind,
                email=email,
                street="1 rue du Port",
                postcode="44000",
                city="Nantes",
                reminders_suspended_until=suspended_until,
            )
        )
    return code


def add_overdue(
    workplace: Workplace,
    client: str,
    days: int,
    *,
    balance: str = "120.00",
    disputed: bool = False,
    today: date = TODAY,
) -> str:
    """An invoice of 120 euros that was due ``days`` days before ``today``; returns its number."""
    number = f"V-{uuid4().hex[:8]}"
    with writing(workplace.database) as session:
        owner = session.scalars(select(Client).where(Client.code == client)).one()
        session.add(
            Invoice(
                structure_id=owner.structure_id,
                client_id=owner.id,
                number=number,
                issued_on=today - timedelta(days=days + 30),
                due_on=today - timedelta(days=days),
                total_excl_tax=Decimal("100.00"),
                vat=Decimal("20.00"),
                total_incl_tax=Decimal("120.00"),
                balance=Decimal(balance),
                disputed=disputed,
                lines=[InvoiceLine(position=1, label="Entretien des espaces verts", amount=Decimal("100.00"))],
            )
        )
    return number


def note_import(workplace: Workplace, days_ago: int = 0) -> None:
    """Balances were imported ``days_ago`` days ago."""
    with writing(workplace.database) as session:
        session.add(ImportRun(imported_at=utc_now() - timedelta(days=days_ago), source="test", with_balances=True))


def pay(workplace: Workplace, number: str, left: str = "0.00") -> None:
    """The invoice is paid, but for what is left."""
    with writing(workplace.database) as session:
        session.scalars(select(Invoice).where(Invoice.number == number)).one().balance = Decimal(left)


def plan(workplace: Workplace, mode: str = "e-mail", *, today: date = TODAY, level: int = 1, redirect: str = "",
         run: str = "") -> CampaignReference:  # fmt: skip
    """Plan a reminder campaign, up to the choice."""
    request = read_reminder_request(
        run or str(uuid4()), datetime(2024, 11, 15, 9, tzinfo=UTC), mode, None, today.isoformat(), level, redirect
    )
    assert not isinstance(request, Refusal), request
    return plan_reminders(request, {})


def remind(workplace: Workplace, mode: str = "e-mail", *, today: date = TODAY, choice: ReminderChoice | None = None,
           redirect: str = "") -> list[str | None]:  # fmt: skip
    """A whole campaign by e-mail; the names of the task runs' states."""
    campaign = plan(workplace, mode, today=today, redirect=redirect)
    store_reminder_choice(campaign, choice)
    return workplace.send(campaign)


def overdue(workplace: Workplace, today: date = TODAY) -> dict[str, OverdueStanding]:
    """Where each overdue invoice stands, by number."""
    with reading(workplace.database) as session:
        return {standing.number: standing for standing in read_overdue(session, today)}
