"""Addresses that are new to a person: a slip of the keyboard, or of a column, sends an invoice to somebody else."""

from __future__ import annotations

from models.reading.served import own_role
from tasks.checking.facts import Facts
from tasks.checking.result import Finding, Light, NewAddress
from tasks.documents.french import period_label
from tasks.french.numbers import counted


def new_addresses(facts: Facts) -> list[NewAddress]:
    """Who of the next campaign has another address than the last that served this person, or one that served nobody.

    Nobody before the first campaign. An address that served another person is no safer than an unknown one.
    """
    if not facts.served:
        return []
    return [
        NewAddress(
            structure=mailing.structure,
            name=mailing.name,
            number=mailing.number,
            address=recipient.address,
            former=former,
        )
        for mailing in facts.mailings
        for recipient in mailing.recipients
        if (former := facts.former.get((mailing.resident_id, own_role(recipient.role)), "")) != recipient.key
        and (former or recipient.key not in facts.served)
    ]


def check_addresses(facts: Facts, found: list[NewAddress]) -> list[Finding]:
    """A line for those that are new and one for those that replace another; they are listed below the table."""
    if facts.period is None or not facts.mailings:
        return [Finding("addresses", Light.GREEN, "aucune facture à envoyer")]
    month = period_label(facts.period)
    if not facts.served:
        count = counted(sum(len(mailing.recipients) for mailing in facts.mailings), "adresse")
        return [Finding("addresses", Light.GREEN, f"premier envoi : {count} pour {month}, à relire dans le plan")]
    changed = sum(1 for address in found if address.former)
    counts = ((len(found) - changed, "nouvelle adresse", ""), (changed, "adresse changée", " depuis le dernier envoi"))
    findings = [
        Finding("addresses", Light.ORANGE, f"{counted(count, noun)}{since}.", "Relire la liste sous le tableau.")
        for count, noun, since in counts
        if count
    ]
    return findings or [Finding("addresses", Light.GREEN, f"aucune pour {month}")]
