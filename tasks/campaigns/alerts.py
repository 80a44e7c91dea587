"""Whether a campaign may leave without anybody having looked at it."""

from __future__ import annotations

from models.database.session import reading
from models.reading.address_alerts import read_alerts
from models.rules.recipients import Role
from models.values.campaign import CampaignReference
from settings.load import load_settings
from tasks.french.moments import paris_moment
from tasks.kinds.kind import MonthlyKind
from tasks.kinds.registry import kind_named


def many_addresses_changed(campaign: CampaignReference) -> str:
    """What a person has to look at before this campaign leaves, as French sentences; empty when nothing.

    A trial goes to one address of the clerk's own.
    """
    if campaign.redirected_to:
        return ""
    with reading(load_settings().database) as session:
        role = Role.RESIDENT if isinstance(kind_named(campaign.kind), MonthlyKind) else Role.CLIENT
        alerts = read_alerts(session, campaign.kind, role, campaign.structures)
    return " ".join(
        f"{alert.structure} : {alert.changed} adresses sur {alert.total} ont changé à l'import du "
        f"{paris_moment(alert.imported_at)}. Relisez-les avant de valider."
        for alert in alerts
    )
