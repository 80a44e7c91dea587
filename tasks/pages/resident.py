"""One resident: what was sent to whom, when, and what the server said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reading.standings import Standing, read_standings
from models.rules.states import DeliveryState
from models.tables.delivery import Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.people import Guardian, Resident
from models.values.ending import Ending
from models.values.kinds import RecipientPolicy
from settings.ledger import reading_ledger
from tasks.documents.french import amount
from tasks.french.labels import ONE_INVOICE, STATE
from tasks.french.moments import month_label, paris_day, paris_moment
from tasks.pages.coverage import where_it_stands
from tasks.pages.rendering import render_page
from tasks.pages.resident_journal import Event, addressed, read_journal
from tasks.pages.resident_search import FoundResident, find_residents

POLICY = {
    RecipientPolicy.ALL: "résident et tuteur",
    RecipientPolicy.RESIDENT: "résident seulement",
    RecipientPolicy.GUARDIAN: "tuteur seulement",
    RecipientPolicy.PAPER: "papier, pas d'e-mail",
}
LISTED = 50


def resident_history(wanted: str, structures: Sequence[str], period: str = "") -> Ending:
    """The page of the resident who is meant, of one month or (empty) of all; or the list of those who may be meant."""
    with reading_ledger() as session:
        found = find_residents(session, wanted, structures)
        if not found:
            return Ending(
                f"Aucun résident ne correspond à « {wanted.strip()} » : écrivez son nom, son code ou le numéro d'une "
                "de ses factures, comme dans le logiciel de facturation.",
                failed=True,
            )
        if len(found) > 1:
            return _several(wanted.strip(), found)
        return _one(session, found[0], period)


def _several(wanted: str, found: Sequence[FoundResident]) -> Ending:
    sentence = f"{len(found)} résidents correspondent à « {wanted} » : relancez avec le code de la bonne personne."
    page = render_page("residents", wanted=wanted, total=len(found), rows=found[:LISTED])
    return Ending(sentence, page=page)


def _one(session: Session, found: FoundResident, period: str) -> Ending:
    resident = session.get_one(Resident, found.resident_id)
    query = select(Invoice).where(Invoice.resident_id == resident.id).order_by(Invoice.period.desc(), Invoice.number)
    invoices = session.scalars(query.where(Invoice.period == period) if period else query).all()
    documents = dict(
        session.execute(
            select(Document.invoice_id, Document.id).where(Document.invoice_id.in_([i.id for i in invoices]))
        )
        .tuples()
        .all()
    )
    journal = read_journal(session, list(documents.values()))
    standings = {
        standing.subject_id: standing
        for month in sorted({i.period for i in invoices if i.period})
        for standing in read_standings(session, month, [found.structure_code])
    }
    deliveries = session.scalars(
        select(Delivery).where(Delivery.document_id.in_(documents.values())).order_by(Delivery.id)
    ).all()
    guardian = resident.guardian
    page = render_page(
        "resident",
        found=found,
        email=resident.email,
        guardian=_guardian(guardian) if guardian else "",
        guardian_email=guardian.email if guardian else "",
        policy=POLICY[RecipientPolicy(resident.recipients)],
        left_on=paris_day(resident.left_on),
        invoices=[
            _invoice(
                invoice,
                standings.get(invoice.id),
                [d for d in deliveries if d.document_id == documents.get(invoice.id)],
                journal.get(documents.get(invoice.id, 0), []),
            )
            for invoice in invoices
        ],
    )
    number = len(invoices)
    return Ending(f"{found.name}, {found.structure_name} : {number} facture{'s' if number > 1 else ''}.", page=page)


def _guardian(guardian: Guardian) -> str:
    name = guardian.organisation or guardian.full_name
    return f"{name} ({guardian.kind})" if guardian.kind else name


def _invoice(
    invoice: Invoice, standing: Standing | None, deliveries: Sequence[Delivery], events: Sequence[Event]
) -> dict[str, object]:
    return {
        "number": invoice.number,
        "period": month_label(invoice.period or ""),
        "amount": amount(invoice.total_incl_tax),
        "where": ONE_INVOICE[standing.coverage] if standing else "",
        "detail": where_it_stands(standing) if standing else "",
        "imported": paris_day(invoice.imported_printed_on),
        "deliveries": [_delivery(delivery) for delivery in deliveries],
        "events": [
            {
                "at": paris_moment(event.at),
                "what": event.what,
                "whom": event.whom,
                "said": event.said,
                "relay": event.relay,
            }
            for event in events
        ],
    }


def _delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "whom": addressed(delivery),
        "state": "non composé" if delivery.unwritten else STATE[DeliveryState(delivery.state)],
        "at": paris_moment(delivery.accepted_at or delivery.changed_at),
        "note": delivery.note,
        "composed": bool(delivery.archive_key),
    }
