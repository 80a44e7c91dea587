"""One SMTP account: its name, its answer, its encryption, its login, what it offers, and whether it takes the senders.

One connection and one login an account, closed with a goodbye; nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address

from models.rules.causes import Who, explain
from models.values.evidence import Evidence, Fault, Stage
from models.values.relay import Mechanism, Relay, Security
from tasks.checking.facts import Facility
from tasks.checking.result import Finding, Light, unchecked
from tasks.french.labels import observed
from tasks.mail.transport import SmtpSession
from tasks.relays.finding import Carrier

# A check is answered soon or not at all: a person, or a campaign, waits for it.
TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 60.0

# In the order in which a connection passes them.
STEPS = ("relay-name", "relay-answer", "relay-tls", "relay-login")
OFFERS = ("relay-size", "relay-dsn")

WAIT = "Attendre que le serveur réponde de nouveau, puis recommencer."

# What a sending says of itself, and a check has no need to say.
_OF_A_SENDING = (" Rien n'a été envoyé.", " Le message n'est pas parti.")


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one server, where it was set, and the structures whose mails it carries.

    ``invoices`` is False of an account that carries reminders alone.
    """

    relay: Relay
    origin: str
    facilities: tuple[Facility, ...] = ()
    invoices: bool = True

    @property
    def about(self) -> str:
        user = f", {self.relay.user}" if self.relay.user else ""
        return f"{self.relay.host}:{self.relay.port}{user}"


def accounts(
    for_invoices: Mapping[str, Carrier], for_reminders: Mapping[str, Carrier], facilities: Iterable[Facility]
) -> list[Account]:
    """The accounts that carry mails of these structures, each once, whatever it carries."""
    found: dict[str, Account] = {}
    every = list(facilities)
    for carriers, invoices in ((for_invoices, True), (for_reminders, False)):
        for facility in every:
            if carrier := carriers.get(facility.code):
                key = carrier.relay.account
                account = found.setdefault(key, Account(carrier.relay, carrier.origin, invoices=invoices))
                if facility not in account.facilities:
                    found[key] = replace(account, facilities=(*account.facilities, facility))
    return list(found.values())


def explained(key: str, evidence: Evidence, about: str) -> Finding:
    """The line of what a relay answered instead of yes; orange when it only asks to wait."""
    cause = explain(evidence)
    words = cause.cause
    for words_of_a_sending in _OF_A_SENDING:
        words = words.removesuffix(words_of_a_sending)
    # 432: another campaign holds all the connections that Microsoft allows.
    later = evidence.code == 432 or (evidence.stage is Stage.MAIL and evidence.code is not None and evidence.code < 500)
    return Finding(
        key,
        Light.ORANGE if later else Light.RED,
        f"{words.rstrip('.')} ({observed(evidence)}).",
        # Where nobody has anything to do, a sending tries again: a check does not.
        WAIT if cause.who is Who.NOBODY else cause.remedy,
        about,
        evidence.text if evidence.fault else "",
    )


def check_account(account: Account, use: Callable[[SmtpSession], list[Finding]]) -> list[Finding]:
    """Connect, encrypt and log in once, then ``use`` the connection; a line for each step, the untried ones too."""
    relay = account.relay
    where = f"{relay.host}:{relay.port} ({account.origin})"
    findings = [Finding("relay", Light.GREEN, where, about=account.about)]
    opened = open_briefly(relay)
    if isinstance(opened, SmtpSession):
        try:
            return findings + [_passed(step, account) for step in STEPS] + use(opened)
        finally:
            opened.close()
    failed = _failed_step(opened)
    passed = () if _undialled(opened) else STEPS[: STEPS.index(failed)]
    findings += [_passed(step, account) for step in passed]
    findings.append(explained(failed, opened, account.about))
    left = [key for key in (*STEPS, *OFFERS) if key not in passed and key != failed]
    return findings + unchecked([*left, "sender"], "le serveur SMTP n'a pas laissé entrer Facteur", account.about)


def open_briefly(relay: Relay) -> SmtpSession | Evidence:
    """A connection that gives up sooner than that of a sending."""
    return SmtpSession.open(
        replace(
            relay,
            timeout_seconds=min(relay.timeout_seconds, TIMEOUT_SECONDS),
            patience_seconds=min(relay.patience_seconds, PATIENCE_SECONDS),
        )
    )


def _undialled(evidence: Evidence) -> bool:
    """Whether it was seen before the server was called: no token, or a file of authorities that cannot be read."""
    return evidence.fault in {Fault.TOKEN, Fault.TOKEN_SERVICE} or explain(evidence).name == "certificate-file"


def _failed_step(evidence: Evidence) -> str:
    if evidence.fault is Fault.DNS:
        return "relay-name"
    if evidence.fault in {Fault.TLS, Fault.NO_STARTTLS} or evidence.stage is Stage.STARTTLS:
        return "relay-tls"
    return "relay-login" if evidence.stage is Stage.AUTH else "relay-answer"


def _passed(step: str, account: Account) -> Finding:
    relay = account.relay
    match step:
        case "relay-name":
            words = "une adresse, sans nom à chercher" if _is_literal(relay.host) else f"{relay.host} est connu"
        case "relay-answer":
            words = f"répond sur le port {relay.port}"
        case "relay-tls" if relay.security is Security.NONE:
            words = "sans chiffrement : le serveur est sur cette machine même"
        case "relay-tls":
            words = f"{relay.security.value.upper()}, certificat vérifié au nom de {relay.host}"
        case _ if relay.mechanism is Mechanism.NONE:
            words = "sans compte"
        case _:
            words = f"{relay.user} est accepté ({relay.mechanism.value})"
    return Finding(step, Light.GREEN, words, about=account.about)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
