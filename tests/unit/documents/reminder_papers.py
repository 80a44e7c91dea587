"""Reminders to draw and to mail."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models.values.people import PostalAddress
from models.values.reminder_paper import OverdueInvoice, ReminderPaper
from tests.unit.documents.papers import ISSUER

DATED = date(2024, 11, 15)
LARGEST = Decimal("999999.99")


def overdue(count: int, **changes: Any) -> tuple[OverdueInvoice, ...]:
    """Invoices a week apart, the newest twelve days overdue, every third one paid in part."""
    return tuple(_overdue(index, changes) for index in range(count))


def mixed(count: int) -> tuple[OverdueInvoice, ...]:
    """Invoices at the levels 1, 2, 3, 1, 2, 3 ..."""
    return tuple(_overdue(index, {"level": 1 + index % 3}) for index in range(count))


def reminder(**changes: Any) -> ReminderPaper:
    """The first reminder to a bakery, of one invoice."""
    facts: dict[str, Any] = {
        "issuer": ISSUER,
        "code": "C0001",
        "name": "Boulangerie Martin & Fils",
        "address": PostalAddress("14 place du Marché", "45000", "Orléans"),
        "professional": True,
        "dated": DATED,
        "level": 1,
        "pay_by": date(2024, 12, 1),
        "lines": overdue(1),
    }
    return ReminderPaper(**facts | changes)


def _overdue(index: int, changes: dict[str, Any]) -> OverdueInvoice:
    due_on = DATED - timedelta(days=12 + 7 * index)
    total = changes.get("total_incl_tax", Decimal("120.50") + index * Decimal("37.15"))
    facts: dict[str, Any] = {
        "number": f"F2024-{900 - index:04}",
        "issued_on": due_on - timedelta(days=30),
        "due_on": due_on,
        "total_incl_tax": total,
        "balance": total if index % 3 else total - Decimal("50.00"),
        "level": 1,
        "days_overdue": (DATED - due_on).days,
    }
    return OverdueInvoice(**facts | changes)
