"""Each structure gets the result of a campaign for its own residents, when that is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from models.database.clock import utc_now
from models.database.session import reading
from models.rules.causes import explain
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign
from models.tables.organisation import Structure
from models.values.campaign import REAL, CampaignReference
from models.values.mail import Mail
from models.values.moments import PARIS
from settings.load import load_settings
from tasks.documents.mail_parts import one_line, render
from tasks.mail.message import message_id
from tasks.notices.posting import post
from tasks.pages.causes import ASK, row
from tasks.pages.facts import CampaignFacts, SentLine, read_facts
from tasks.pages.headlines import counts
from tasks.relays.finding import Carriers

S = DeliveryState
DONE = {S.ACCEPTED, S.WITHDRAWN}


def mail_report(campaign: CampaignReference, carriers: Carriers) -> list[str]:
    """Mail each structure of a closed campaign its counts and what needs attention; what could not leave, in French.

    Nothing leaves unless FACTEUR_NOTICES__REPORT_TO_STRUCTURES is set, nor for a trial. It goes to where the
    structure's own answers go, from its own address, without an address of anybody else in it. A Retry closes the
    campaign once more, and tells again.
    """
    settings = load_settings()
    if not settings.notices.report_to_structures or campaign.purpose != REAL:
        return []
    facts = read_facts(campaign)
    sent = {line.shown["structure"] for line in facts.lines}
    with reading(settings.database) as session:
        closed_at = session.get_one(Campaign, campaign.campaign_id).closed_at
        structures = session.scalars(select(Structure).where(Structure.code.in_(sent)).order_by(Structure.code)).all()
        session.expunge_all()
    refusals = []
    for structure in structures:
        if not structure.sender_email or structure.code not in carriers.found:
            continue
        lines = tuple(line for line in facts.lines if line.shown["structure"] == structure.code)
        mail = _mail(replace(facts, lines=lines), structure, closed_at)
        if refusal := post(mail, [carriers.found[structure.code].relay], settings):
            refusals.append(
                f"Le compte rendu de {structure.code} n'est pas parti vers {mail.recipient_email} ({refusal.sentence})."
            )
    return refusals


def _mail(facts: CampaignFacts, structure: Structure, closed_at: datetime | None) -> Mail:
    """The mail to a structure; ``facts`` has no other lines than its own."""
    key = f"report:{facts.campaign.campaign_id}:{structure.id}:{closed_at.isoformat() if closed_at else ''}"
    context: dict[str, object] = {
        "structure": one_line(structure.name),
        "kind": facts.kind,
        "of_when": facts.kind.of(facts.when),
        "total": facts.tally.total,
        "counts": counts(facts.tally),
        "attention": [_attention(line) for line in facts.lines if line.delivery.state not in DONE],
    }
    return Mail(
        sender_name=structure.sender_name or structure.name,
        sender_email=structure.sender_email,
        reply_to="",
        recipient_email=structure.reply_to or structure.sender_email,
        subject=one_line(render("report_mail/subject.txt", context)),
        text=render("report_mail/body.txt", context),
        html=render("report_mail/body.html", context),
        attachments=(),
        message_id=message_id(key, structure.sender_email.rpartition("@")[2]),
        date=utc_now().astimezone(PARIS),
    )


def _attention(line: SentLine) -> dict[str, str]:
    """One line without an address, nor the server's reply, which may hold one."""
    shown = row(line)
    evidence = line.delivery.evidence
    remedy = explain(evidence).remedy if evidence else ASK if line.delivery.state is S.UNCERTAIN else ""
    return {name: one_line(shown[name]) for name in ("name", "number", "role", "state")} | {"remedy": remedy}
