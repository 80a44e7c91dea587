"""Every kind of mailing, by what the ledger calls it."""

from __future__ import annotations

from models.values.campaign import CampaignReference
from models.values.kinds import DocumentKind
from tasks.kinds.invoice import INVOICES
from tasks.kinds.kind import Kind
from tasks.kinds.reminder import REMINDERS


def kind_of(campaign: CampaignReference) -> Kind:
    """The kind of a campaign."""
    return REMINDERS if campaign.kind is DocumentKind.REMINDER else INVOICES
