"""The closed lists of words that the ledger stores: how a document goes, who gets it, what was decided."""

from enum import StrEnum

# The names of the kinds of mailings, as the ledger stores them. What a kind is stands in tasks/kinds/.
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


class Obstacle(StrEnum):
    """Why an answer about an uncertain delivery changed nothing."""

    IN_TWO_LISTS = "in-two-lists"
    NO_LONGER_UNCERTAIN = "no-longer-uncertain"


class TrialState(StrEnum):
    """How far the trial mail of a structure came. ``begun`` and not ended: its process died; it may have arrived."""

    ASKED = "asked"
    BEGUN = "begun"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"
    NOT_SENT = "not-sent"
