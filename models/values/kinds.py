"""The closed lists of words that the ledger stores: what a document is, how it goes, who gets it, what was decided."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    REMINDER = "reminder"


class Channel(StrEnum):
    """How a reminder goes: by e-mail, or printed as a letter."""

    EMAIL = "email"
    LETTER = "letter"


class RecipientPolicy(StrEnum):
    """To whom a resident's invoices go; ``paper`` means that they are printed, never mailed."""

    ALL = "all"
    RESIDENT = "resident"
    GUARDIAN = "guardian"
    PAPER = "paper"


class ClientKind(StrEnum):
    """A professional gets the legal late-payment terms on a reminder, a consumer never does."""

    PROFESSIONAL = "professional"
    CONSUMER = "consumer"


class Settlement(StrEnum):
    """What becomes of an uncertain delivery."""

    ARRIVED = "arrived"
    RESEND = "resend"
    WITHDRAW = "withdraw"
