"""What the limits of an account allow, and how long the next campaign takes with them."""

from __future__ import annotations

import math

from models.values.relay import Relay
from tasks.checking.facts import Facts
from tasks.checking.relay import Account
from tasks.checking.result import Finding, Light
from tasks.checking.words import duration
from tasks.documents.french import period_label
from tasks.french.numbers import counted

MICROSOFT = "smtp.office365.com"
MICROSOFT_PER_MINUTE, MICROSOFT_PER_DAY, MICROSOFT_CONNECTIONS = 30, 10_000, 3


def check_pace(account: Account, facts: Facts) -> Finding:
    """The line of the limits: orange when they are beyond what Microsoft 365 allows, or the quota asks for days."""
    relay = account.relay
    codes = {facility.code for facility in account.facilities}
    mailings = facts.mailings if account.invoices else ()
    messages = sum(len(mailing.recipients) for mailing in mailings if mailing.structure in codes)
    limits = _limits(relay)
    if too_much := _beyond_microsoft(relay):
        return Finding("pace", Light.ORANGE, f"{limits} : {too_much}.", _PRESET, account.about)
    if facts.period is None or not messages:
        return Finding("pace", Light.GREEN, f"{limits} ; aucun envoi à prévoir", about=account.about)
    campaign = f"{counted(messages, 'message')} pour {period_label(facts.period)}"
    days = math.ceil(messages / relay.daily_quota) if relay.daily_quota else 1
    if days > 1:
        return Finding(
            "pace",
            Light.ORANGE,
            f"{limits} : {campaign}, sur {days} jours.",
            "Relancer l'envoi chaque lendemain avec « Retry », ou faire augmenter le quota.",
            account.about,
        )
    took = f", environ {duration(messages / relay.messages_per_minute)}" if relay.messages_per_minute else ""
    return Finding("pace", Light.GREEN, f"{limits} ; {campaign}{took}", about=account.about)


_PRESET = (
    f"Pour Microsoft 365, régler {MICROSOFT_PER_MINUTE} messages par minute, {MICROSOFT_PER_DAY} par jour "
    f"et {MICROSOFT_CONNECTIONS} connexions au plus."
)


def _limits(relay: Relay) -> str:
    rate = f"{relay.messages_per_minute} messages par minute" if relay.messages_per_minute else "sans limite de rythme"
    return f"{rate}, {relay.daily_quota} par jour" if relay.daily_quota else f"{rate}, sans quota"


def _beyond_microsoft(relay: Relay) -> str:
    if relay.host.lower() != MICROSOFT:
        return ""
    within = (
        0 < relay.messages_per_minute <= MICROSOFT_PER_MINUTE
        and 0 < relay.daily_quota <= MICROSOFT_PER_DAY
        and relay.connections <= MICROSOFT_CONNECTIONS
    )
    return "" if within else f"c'est plus que Microsoft ne permet ({counted(relay.connections, 'connexion')})"
