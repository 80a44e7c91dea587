"""What an invoice says, independent of how it is stored or drawn.

These values are all that ``tasks.documents`` sees: a PDF can only hold what stands here.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.values.people import PostalAddress
from models.values.period import Period


@dataclass(frozen=True, slots=True)
class Issuer:
    """The association and the structure that bill. Tariffs and legal mentions are data of the structure.

    ``footer`` stands below the text of its mails, on up to several lines; no paper shows it.
    """

    association: str
    structure: str
    address: PostalAddress
    email: str = ""
    siret: str = ""
    finess: str = ""
    iban: str = ""
    bic: str = ""
    vat_mention: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice; amounts in euros, ``quantity`` and ``unit_price`` together or not at all."""

    label: str
    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoicePaper:
    """One invoice as it is printed.

    ``name`` is the resident ("MAILLY Josiane") or the client; ``care_of`` is the guardian after "s/c", and then
    ``address`` is the guardian's. Amounts are euros; ``balance`` is what is still to be paid of ``total_incl_tax``.
    """

    issuer: Issuer
    number: str
    issued_on: date
    name: str
    address: PostalAddress
    lines: tuple[Line, ...]
    total_excl_tax: Decimal
    vat: Decimal
    total_incl_tax: Decimal
    balance: Decimal
    care_of: str = ""
    period: Period | None = None
    due_on: date | None = None
