"""A trial: the invoice's mail with an invented invoice, to one address, through the structure's real relay.

It is nobody's delivery and leaves no row in the ledger. It has a row of its own, which tells how far it came, so that a
Retry knows: what was accepted is not sent again, and what a killed run may have sent is sent again with a word.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from models.reading.invoice_sources import INVOICE_WORDING
from models.rules.causes import explain
from models.rules.replies import Verdict, classify
from models.values.ending import Stopped
from models.values.evidence import Evidence
from models.values.kinds import TrialState
from models.values.mail import Attachment, Mail
from models.values.moments import PARIS
from settings.load import Settings
from tasks.composing.compose import TRIAL_MARK
from tasks.delivering.run import SendingRun
from tasks.documents.invoice_pdf import invoice_pdf
from tasks.documents.mail_body import attachment_name
from tasks.documents.preview import example_invoice, example_mail
from tasks.french.labels import observed
from tasks.mail.message import assemble, message_id
from tasks.relays.breaker import stop_for
from tasks.relays.finding import find_relays
from tasks.structures.fields import BODY, REPLY_TO, SENDER_EMAIL, SUBJECT
from tasks.structures.storing import Sheet


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What became of a trial, with one or two French sentences."""

    state: TrialState
    sentence: str


def trial_message(sheet: Sheet, address: str, flow_run_id: str, now: datetime) -> bytes:
    """The message: the same Message-ID for every attempt of a run, so that a mailbox may show it once."""
    today = now.astimezone(PARIS).date()
    wording = (sheet.values[f"{INVOICE_WORDING}.{SUBJECT}"], sheet.values[f"{INVOICE_WORDING}.{BODY}"])
    mail, paper = example_mail(wording, sheet.issuer, today), example_invoice(sheet.issuer, today)
    sender = sheet.values[SENDER_EMAIL]
    return assemble(
        Mail(
            sender_name=sheet.sender_name,
            sender_email=sender,
            reply_to=sheet.values[REPLY_TO],
            recipient_email=address,
            subject=TRIAL_MARK + mail.subject,
            text=mail.text,
            html=mail.html,
            attachments=(Attachment(attachment_name(paper.number, paper.period), invoice_pdf(paper)),),
            message_id=message_id(f"structure-trial:{flow_run_id}", sender.rpartition("@")[2]),
            date=now.astimezone(PARIS),
        )
    )


def send_trial(sheet: Sheet, address: str, flow_run_id: str, settings: Settings, now: datetime) -> TrialOutcome:
    """Send the trial, at the pace of the relay; never raises for what a relay does."""
    carriers = find_relays((sheet.code,))
    if carriers.refusal:
        return TrialOutcome(TrialState.NOT_SENT, f"pas parti vers {address} : {carriers.refusal.sentence}")
    message = trial_message(sheet, address, flow_run_id, now)
    relay = carriers.relays[sheet.code]
    with closing(SendingRun({sheet.code: relay}, flow_run_id, settings)) as run:
        pool = run.pool(sheet.code)
        with pool.session() as lent:
            if isinstance(lent, Stopped):
                return _failed(address, lent)
            if isinstance(lent, Evidence):
                return _failed(address, stop_for(lent))
            evidence = lent.hand_over(sheet.values[SENDER_EMAIL], address, message, lambda: True)
    if classify(evidence).verdict is Verdict.ACCEPTED:
        return TrialOutcome(TrialState.ACCEPTED, f"accepté pour {address} par {relay.host} ({observed(evidence)}).")
    if classify(evidence).verdict is Verdict.UNCERTAIN:
        return TrialOutcome(
            TrialState.UNCERTAIN, f"incertain pour {address}. {explain(evidence).cause} Regardez si le mail est arrivé."
        )
    return _failed(address, stop_for(evidence))


def _failed(address: str, why: Stopped) -> TrialOutcome:
    return TrialOutcome(TrialState.NOT_SENT, f"pas parti vers {address} : {why.sentence}. {why.remedy}")
