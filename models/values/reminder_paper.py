"""What a payment reminder says, independent of how it is stored, drawn or mailed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.values.paper import Issuer
from models.values.people import PostalAddress

FORMAL_NOTICE = 3  # the level that is a "mise en demeure"
# What each level is called on papers and screens.
LEVEL_NAMES = {1: "relance 1", 2: "relance 2", FORMAL_NOTICE: "mise en demeure"}


@dataclass(frozen=True, slots=True)
class OverdueInvoice:
    """One invoice on a reminder; ``balance`` is what is still to be paid of ``total_incl_tax``, in euros.

    ``level`` is the level this invoice is reminded of at, ``days_overdue`` the days since it was due.
    """

    number: str
    issued_on: date
    due_on: date
    total_incl_tax: Decimal
    balance: Decimal
    level: int
    days_overdue: int

    @property
    def paid(self) -> Decimal:
        return self.total_incl_tax - self.balance


@dataclass(frozen=True, slots=True)
class ReminderPaper:
    """One reminder to one client. ``level``, 1 to 3, is its tone: the highest level of its lines.

    ``code`` is the client's, which he names when he pays or writes. ``pay_by`` is the last day to pay. Only a
    ``professional`` client owes the late-payment penalties of the Code de commerce: no other paper may name them.
    """

    issuer: Issuer
    code: str
    name: str
    address: PostalAddress
    professional: bool
    dated: date
    level: int
    pay_by: date
    lines: tuple[OverdueInvoice, ...]

    @property
    def total_due(self) -> Decimal:
        """The sum of the balances, in euros."""
        return sum((line.balance for line in self.lines), Decimal(0))

    @property
    def several_levels(self) -> bool:
        return len({line.level for line in self.lines}) > 1
