"""The senders: set, well written, and taken by their relay."""

from __future__ import annotations

from models.values.evidence import Evidence
from tasks.checking.facts import Facility
from tasks.checking.relay import Account, explained, open_briefly
from tasks.checking.result import Finding, Light, unchecked
from tasks.checking.words import listed
from tasks.entry.addresses import AddressFault, check_address
from tasks.french.numbers import counted
from tasks.mail.address import plain_address
from tasks.mail.transport import SmtpSession

MEND = "Corriger la colonne « {column} » du fichier des structures, puis importer de nouveau."


def check_written(facility: Facility) -> Finding | None:
    """The line of a sender or reply address that no message can be written with; None when both are right."""
    about = f"{facility.code} ({facility.name})"
    if not facility.sender_email:
        words = "La structure n'a pas d'adresse d'expéditeur."
        return Finding("sender", Light.RED, words, MEND.format(column="expediteur_email"), about)
    for address, column in ((facility.sender_email, "expediteur_email"), (facility.reply_to, "repondre_a")):
        if address and (fault := _fault(address)):
            return Finding("sender", Light.RED, f"Adresse inutilisable : {fault}.", MEND.format(column=column), about)
    return None


def check_senders(account: Account, connection: SmtpSession) -> list[Finding]:
    """Ask the relay for each sender of the account once; a line for each that it does not take, one for the others.

    A relay that hangs up on a sender is called again for the next one: its login is known to be right.
    """
    findings: list[Finding] = []
    taken: list[str] = []
    line: SmtpSession | Evidence = connection
    by_address: dict[str, list[Facility]] = {}
    for facility in account.facilities:
        if check_written(facility) is None:
            by_address.setdefault(facility.sender_email, []).append(facility)
    try:
        for address, facilities in by_address.items():
            about = f"{listed([facility.code for facility in facilities])} ({address})"
            if isinstance(line, SmtpSession) and line.worn:
                line.close()
                line = open_briefly(account.relay)
            if isinstance(line, Evidence):
                findings += unchecked(["sender"], "le serveur SMTP ne répond plus", about)
                continue
            answer = line.try_sender(address)
            if answer.code is not None and answer.code // 100 == 2:
                taken.append(address)
            else:
                findings.append(explained("sender", answer, about))
    finally:
        if isinstance(line, SmtpSession):
            line.close()
    if taken:
        words = f"{counted(len(taken), 'expéditeur accepté')} : {listed(taken)}"
        findings.insert(0, Finding("sender", Light.GREEN, words, about=account.about))
    return findings


def _fault(address: str) -> str:
    checked = check_address(address)
    if isinstance(checked, AddressFault):
        return str(checked)
    try:
        plain_address(address)
    except ValueError:
        return f"« {address} » ne peut pas être écrite telle quelle à un serveur de messagerie"
    return ""
