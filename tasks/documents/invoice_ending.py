"""What follows the lines of an invoice: totals, how to pay, the VAT mention."""

from __future__ import annotations

from decimal import Decimal

from models.values.paper import InvoicePaper
from tasks.documents import french
from tasks.documents.ending import Ending, Payment, payment
from tasks.documents.layout import BODY, INSET, LEFT, RIGHT, SMALL, STRONG, Style


def invoice_ending(paper: InvoicePaper) -> Ending:
    """The end of an invoice."""
    return Ending(_totals(paper), _net(paper), _payment(paper), _mention(paper))


def _totals(paper: InvoicePaper) -> tuple[tuple[str, Decimal, Style], ...]:
    totals = [
        ("Total HT", paper.total_excl_tax, BODY),
        ("TVA", paper.vat, BODY),
        ("Total TTC", paper.total_incl_tax, STRONG),
    ]
    paid = paper.total_incl_tax - paper.balance
    if paid:
        settles = paid * paper.total_incl_tax > 0
        totals.append(("Déjà réglé" if settles else "Solde antérieur", -paid, BODY))
    return tuple(totals)


def _net(paper: InvoicePaper) -> tuple[str, Decimal]:
    return ("Net à payer", paper.balance) if paper.balance >= 0 else ("En votre faveur", -paper.balance)


def _payment(paper: InvoicePaper) -> Payment:
    """How to pay; nothing when there is nothing to pay, lest somebody pays twice."""
    if paper.balance <= 0:
        return ()
    due_on = french.long_date(paper.due_on) if paper.due_on else ""
    return payment(paper.issuer, ("Échéance", due_on), paper.number)


def _mention(paper: InvoicePaper) -> tuple[str, ...]:
    mention = paper.issuer.vat_mention
    return tuple(SMALL.wrap(mention, RIGHT - LEFT - 2 * INSET)) if mention.strip() else ()
