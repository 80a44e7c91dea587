"""The SMTP servers of the structures: found, then tried, one account after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from httpx import HTTPError

from tasks.checking.extensions import check_extensions
from tasks.checking.facts import Facility, Facts
from tasks.checking.pace import check_pace
from tasks.checking.pdfs import Weights
from tasks.checking.relay import OFFERS, STEPS, Account, accounts, check_account
from tasks.checking.result import Finding, Light, unchecked
from tasks.checking.senders import check_senders, check_written
from tasks.checking.words import listed
from tasks.kinds.invoice import INVOICES
from tasks.kinds.reminder import REMINDERS
from tasks.mail.transport import SmtpSession
from tasks.relays.finding import Carrier, Carriers, MissingRelay, find_relays

OF_A_RELAY = (*STEPS, *OFFERS, "pace", "sender")


@dataclass(frozen=True, slots=True)
class Found:
    """The relays of the structures, for invoices and for reminders, and the lines of those that have none."""

    invoices: Mapping[str, Carrier] = field(default_factory=dict)
    reminders: Mapping[str, Carrier] = field(default_factory=dict)
    missing: tuple[Finding, ...] = ()


def try_relays(found: Found, facts: Facts, weights: Weights) -> list[Finding]:
    """The lines of each account and of its senders."""
    findings: list[Finding] = []
    for account in accounts(found.invoices, found.reminders, facts.facilities):
        findings += check_account(account, partial(_try, account, weights))
        findings.append(check_pace(account, facts))
    return findings


def _try(account: Account, weights: Weights, connection: SmtpSession) -> list[Finding]:
    return check_extensions(account, connection, weights) + check_senders(account, connection)


def written_senders(facilities: Iterable[Facility]) -> list[Finding]:
    """A line for each sender that is missing or badly written: no relay is needed to see it."""
    return [finding for facility in facilities if (finding := check_written(facility))]


def search_relays(facts: Facts, server_answers: bool, from_environment: bool) -> Found:
    """Find the relay of each structure; those on the screen only where a server answers."""
    if not from_environment and not server_answers:
        missing = Finding(
            "relay",
            Light.RED,
            "Aucun serveur SMTP n'est réglé dans FACTEUR_SMTP__HOST, et ceux de l'écran ne peuvent pas être lus.",
            "Démarrer Facteur avec « facteur up », ou remplir FACTEUR_SMTP__HOST.",
        )
        return Found(missing=(missing, *untried("aucun serveur SMTP n'est connu")))
    invoices, missing_invoices = _search(facts, INVOICES.relay_suffix)
    if from_environment:
        return Found(invoices, missing=tuple(missing_invoices))
    reminders, missing_reminders = _search(facts, REMINDERS.relay_suffix)
    return Found(invoices, reminders, tuple(dict.fromkeys((*missing_invoices, *missing_reminders))))


def _search(facts: Facts, suffix: str = "") -> tuple[Mapping[str, Carrier], list[Finding]]:
    codes = tuple(facility.code for facility in facts.facilities)
    try:
        carriers = find_relays(codes, suffix)
    except (HTTPError, RuntimeError) as error:
        unread = MissingRelay(
            f"Le réglage du serveur SMTP ne peut pas être lu ({type(error).__name__})",
            "vérifiez que le serveur Prefect répond.",
        )
        carriers = Carriers(missing=dict.fromkeys(codes, unread))
    without: dict[str, list[str]] = {}  # by what to do: the rest of the sentence names one structure
    for code, missing in carriers.missing.items():
        without.setdefault(missing.remedy or missing.observed, []).append(code)
    findings: list[Finding] = []
    for affected in without.values():
        about, first = listed(affected), carriers.missing[affected[0]]
        remedy = first.remedy[:1].upper() + first.remedy[1:]
        findings.append(Finding("relay", Light.RED, first.observed.rstrip(".") + ".", remedy, about))
        findings += untried("aucun serveur SMTP n'est connu", about)
    return carriers.found, findings


def untried(because: str, about: str = "") -> list[Finding]:
    """The lines of a relay that could not even be looked for."""
    return unchecked(OF_A_RELAY, because, about)
