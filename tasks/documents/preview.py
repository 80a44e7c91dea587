"""What mails look like before anybody gets one: an invented resident, his guardian, an invented client."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]

from models.values.paper import InvoicePaper, Issuer, Line
from models.values.people import PostalAddress
from models.values.period import Period
from models.values.reminder_paper import OverdueInvoice, ReminderPaper
from tasks.documents.mail_body import invoice_mail
from tasks.documents.mail_parts import MailText

RESIDENT = "MAILLY Josiane"
GUARDIAN = "UDAF de Loire-Exemple"
CLIENT = "Mairie de Saint-Exemple"
NUMBER = "EXEMPLE-0912"

PICTURE_DPI = 100  # a page is 827 pixels wide: as wide as Prefect shows it
PICTURE_COLOURS = 32

_PLACE = PostalAddress("8 avenue de l'Exemple", "44999", "Saint-Exemple-sur-Erdre")
_LINES = (
    Line("Prix de journée hébergement", Decimal("1920.60"), Decimal(30), Decimal("64.02")),
    Line("Participation dépendance", Decimal("178.50"), Decimal(30), Decimal("5.95")),
    Line("Aide personnalisée au logement (APL)", Decimal("-215.37")),
)
_OVERDUE = (("FC-EXEMPLE-01", Decimal("480.00"), 45), ("FC-EXEMPLE-02", Decimal("126.50"), 20))
_DAYS_TO_PAY = 15


def example_invoice(issuer: Issuer, today: date) -> InvoicePaper:
    """The invoice of last month to an invented resident, through an invented guardian."""
    total = sum((line.amount for line in _LINES), Decimal(0))
    return InvoicePaper(
        issuer=issuer,
        number=NUMBER,
        issued_on=today,
        name=RESIDENT,
        address=_PLACE,
        lines=_LINES,
        total_excl_tax=total,
        vat=Decimal(0),
        total_incl_tax=total,
        balance=total,
        care_of=GUARDIAN,
        period=Period.before(today),
        due_on=today + timedelta(days=_DAYS_TO_PAY),
    )


def example_reminder(issuer: Issuer, level: int, today: date) -> ReminderPaper:
    """A reminder of two invoices to an invented client, who is a professional."""
    return ReminderPaper(
        issuer=issuer,
        code="C-EXEMPLE",
        name=CLIENT,
        address=_PLACE,
        professional=True,
        dated=today,
        level=level,
        pay_by=today + timedelta(days=_DAYS_TO_PAY),
        lines=tuple(
            OverdueInvoice(
                number=number,
                issued_on=today - timedelta(days=days + 30),
                due_on=today - timedelta(days=days),
                total_incl_tax=amount,
                balance=amount,
                level=level,
                days_overdue=days,
            )
            for number, amount, days in _OVERDUE
        ),
    )


def example_mail(wording: tuple[str, str], issuer: Issuer, today: date, *, copy_to: str = GUARDIAN) -> MailText:
    """The invoice's mail to the invented resident, of which ``copy_to`` gets one too."""
    return invoice_mail(*wording, person=RESIDENT, period=Period.before(today), issuer=issuer, copy_to=copy_to)


def first_page(pdf: bytes) -> bytes:
    """The first page as a PNG picture to read on a screen; a page of text has 30 to 100 kB."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=PICTURE_DPI / 72).to_pil()
    target = BytesIO()
    picture.quantize(PICTURE_COLOURS).save(target, "PNG", optimize=True)
    return target.getvalue()
