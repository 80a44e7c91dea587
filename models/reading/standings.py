"""Where each invoice of a period stands: what the screens, the plan, the report and the status all read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from models.rules.coverage import Coverage, DeliveryFact, judge, settled_at
from models.rules.recipients import NoAddress, Recipients, Role, resolve_recipients
from models.rules.states import DeliveryState
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document, Printing, Version
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Guardian, Resident
from models.values.campaign import REAL
from models.values.evidence import Evidence, Fault, Stage
from models.values.people import alphabetical, full_name


@dataclass(frozen=True, slots=True)
class DeliveryStanding:
    """One delivery with its last evidence, as the reports show it."""

    delivery_id: int
    campaign_id: int
    version: int
    address: str
    role: str
    state: DeliveryState
    changed_at: datetime
    accepted_at: datetime | None
    not_before: datetime | None
    message_id: str
    note: str
    unwritten: bool
    redirected_to: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One document of the period; ``sent_at`` is the last acceptance ever.

    ``deliveries`` are those it is judged by: the last one to each person; ``failing`` are those of them that failed.
    ``unserved`` are addresses that it is still to be planned for. ``is_settled`` tells that its class is stored, and
    ``settled_at`` since when it is so, or could be stored.

    ``number`` tells it from the structure's others. ``subject_id`` is the id of what the document is about: the
    invoice, or another row of the kind's. Amounts are None for a paper that names none. ``reason`` says in French why
    it is excluded, where a rule or a person excluded it. ``guardian`` is the name of the guardian who is one of the
    recipients; empty without.
    """

    document_id: int | None
    subject_id: int
    structure_code: str
    structure_name: str
    name: str
    number: str
    total_excl_tax: Decimal | None
    total_incl_tax: Decimal | None
    recipients: Recipients
    version: int
    coverage: Coverage
    sent_at: datetime | None
    printed_at: datetime | None
    imported_printed_on: date | None
    deliveries: tuple[DeliveryStanding, ...] = field(default=())
    failing: tuple[DeliveryStanding, ...] = field(default=())
    unserved: frozenset[str] = frozenset()
    settled_at: datetime | None = None
    is_settled: bool = False
    reason: str = ""
    guardian: str = ""

    @property
    def mailable(self) -> bool:
        return not isinstance(self.recipients, NoAddress)

    @property
    def waits_for_printing(self) -> bool:
        """Whether no e-mail can bring it, and nothing has been printed yet."""
        return self.coverage is Coverage.WAITING and not self.mailable


# Columns instead of objects: a campaign of 1,000 invoices reads them four times.
_INVOICES = (
    select(
        Invoice.id,
        Invoice.number,
        Invoice.total_excl_tax,
        Invoice.total_incl_tax,
        Invoice.imported_printed_on,
        Structure.code.label("structure_code"),
        Structure.name.label("structure_name"),
        Resident.last_name,
        Resident.first_name,
        Resident.email,
        Resident.recipients,
        Guardian.email.label("guardian_email"),
        Guardian.last_name.label("guardian_last_name"),
        Guardian.first_name.label("guardian_first_name"),
        Guardian.organisation.label("guardian_organisation"),
    )
    .join(Structure, Invoice.structure_id == Structure.id)
    .join(Resident, Invoice.resident_id == Resident.id)
    .outerjoin(Guardian, Resident.guardian_id == Guardian.id)
    .where(Invoice.period == bindparam("period"))
)


def read_standings(session: Session, period: str, structures: Collection[str] = ()) -> list[Standing]:
    """Every contribution invoice of ``period``, of all structures or the named ones, by structure and name."""
    invoices = [
        invoice
        for invoice in session.execute(_INVOICES, {"period": period})
        if not structures or invoice.structure_code in structures
    ]
    invoices.sort(key=lambda i: (alphabetical(i.structure_name), alphabetical(_name(i)), i.number))
    wanted = select(Invoice.id).where(Invoice.period == period)
    query = select(Document.id, Document.invoice_id, Document.left_as).where(Document.invoice_id.in_(wanted))
    documents = {row.invoice_id: row for row in session.execute(query)}
    ledger = read_ledger(session, select(Document.id).where(Document.invoice_id.in_(wanted)))
    return [_standing(invoice, documents.get(invoice.id), ledger) for invoice in invoices]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ledger knows of some documents: their latest versions, deliveries and printings."""

    versions: Mapping[int, int]
    deliveries: Mapping[int, list[DeliveryStanding]]
    printings: Mapping[int, Mapping[int, datetime]]
    settled: Mapping[int, tuple[Coverage, datetime | None]]

    def of(self, document_id: int | None, recipients: Recipients) -> LedgerPart:
        """Where one document stands; one that is not there yet (None) has only its recipients."""
        key = document_id or 0
        every = self.deliveries.get(key, [])
        printed = max(self.printings.get(key, {}).values(), default=None)
        facts = [
            DeliveryFact(d.delivery_id, d.campaign_id, Role(d.role), d.address, d.state, d.changed_at, d.unwritten)
            for d in every
        ]
        stored = self.settled.get(key)
        verdict = judge(recipients, facts, printed, stored[0] if stored else None)
        return LedgerPart(
            version=self.versions.get(key, 1),
            coverage=verdict.coverage,
            sent_at=max((d.accepted_at for d in every if d.accepted_at), default=None),
            printed_at=printed,
            deliveries=tuple(d for d in every if d.delivery_id in verdict.counting),
            failing=tuple(d for d in every if d.delivery_id in verdict.failing),
            unserved=verdict.unserved,
            settled_at=stored[1] if stored else settled_at(verdict, facts, printed),
            is_settled=stored is not None,
        )


class LedgerPart(TypedDict):
    """The fields of a Standing that come from the ledger."""

    version: int
    coverage: Coverage
    sent_at: datetime | None
    printed_at: datetime | None
    deliveries: tuple[DeliveryStanding, ...]
    failing: tuple[DeliveryStanding, ...]
    unserved: frozenset[str]
    settled_at: datetime | None
    is_settled: bool


def read_ledger(session: Session, of_documents: Select[tuple[int]]) -> Ledger:
    """What the ledger knows of the documents with these ids."""
    return Ledger(
        latest_versions(session, of_documents),
        read_deliveries(session, Delivery.document_id.in_(of_documents), Delivery.purpose == REAL),
        _printings(session, of_documents),
        _settled(session, of_documents),
    )


def latest_versions(session: Session, of_documents: object) -> dict[int, int]:
    """The latest real version of each document that has more than one; all others are in version 1."""
    rows = session.execute(
        select(Version.document_id, func.max(Version.number))
        .where(Version.purpose == REAL, Version.document_id.in_(of_documents))  # type: ignore[arg-type]
        .group_by(Version.document_id)
    )
    return {row[0]: row[1] for row in rows}


_DELIVERY = (
    Delivery.id,
    Delivery.document_id,
    Delivery.campaign_id,
    Delivery.version,
    Delivery.address,
    Delivery.role,
    Delivery.state,
    Delivery.changed_at,
    Delivery.accepted_at,
    Delivery.not_before,
    Delivery.message_id,
    Delivery.note,
    Delivery.unwritten,
    Delivery.redirected_to,
)
_ATTEMPT = (Attempt.stage, Attempt.code, Attempt.enhanced, Attempt.reply, Attempt.fault)


def read_deliveries(session: Session, *conditions: object) -> dict[int, list[DeliveryStanding]]:
    """The deliveries that fit, with the evidence of their last attempt, by document."""
    rows = session.execute(
        select(*_DELIVERY, *_ATTEMPT)
        .outerjoin(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt))
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(Delivery.id)
    )
    found: dict[int, list[DeliveryStanding]] = defaultdict(list)
    for row in rows:
        found[row.document_id].append(
            DeliveryStanding(
                delivery_id=row.id,
                campaign_id=row.campaign_id,
                version=row.version,
                address=row.address,
                role=row.role,
                state=DeliveryState(row.state),
                changed_at=row.changed_at,
                accepted_at=row.accepted_at,
                not_before=row.not_before,
                message_id=row.message_id,
                note=row.note,
                unwritten=row.unwritten,
                redirected_to=row.redirected_to,
                evidence=_evidence(row),
            )
        )
    return found


def _evidence(attempt: Row[Any]) -> Evidence | None:
    if not attempt.stage:
        return None
    fault = Fault(attempt.fault) if attempt.fault else None
    return Evidence(Stage(attempt.stage), attempt.code, attempt.enhanced, attempt.reply, fault)


def _printings(session: Session, of_documents: object) -> dict[int, dict[int, datetime]]:
    """The last printing of each version, by document."""
    rows = session.execute(
        select(Printing.document_id, Printing.version, Printing.printed_at)
        .where(Printing.document_id.in_(of_documents))  # type: ignore[arg-type]
        .order_by(Printing.printed_at)
    )
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    for document_id, version, printed_at in rows:
        found[document_id][version] = printed_at
    return found


def _settled(session: Session, of_documents: Select[tuple[int]]) -> dict[int, tuple[Coverage, datetime | None]]:
    rows = session.execute(
        select(Document.id, Document.settled_as, Document.settled_at).where(
            Document.id.in_(of_documents), Document.settled_as != ""
        )
    ).tuples()
    return {document: (Coverage(settled_as), moment) for document, settled_as, moment in rows}


def _name(invoice: Row[Any]) -> str:
    return full_name(invoice.last_name, invoice.first_name)


def _standing(invoice: Row[Any], document: Row[Any] | None, ledger: Ledger) -> Standing:
    document_id = document.id if document else None
    recipients = resolve_recipients(invoice.recipients, invoice.email, invoice.guardian_email or "")
    return Standing(
        document_id=document_id,
        subject_id=invoice.id,
        structure_code=invoice.structure_code,
        structure_name=invoice.structure_name,
        name=(document.left_as if document else "") or _name(invoice),
        number=invoice.number,
        total_excl_tax=invoice.total_excl_tax,
        total_incl_tax=invoice.total_incl_tax,
        recipients=recipients,
        imported_printed_on=invoice.imported_printed_on,
        guardian=_guardian(invoice, recipients),
        **ledger.of(document_id, recipients),
    )


def _guardian(invoice: Row[Any], recipients: Recipients) -> str:
    if isinstance(recipients, NoAddress) or not any(r.role in {Role.GUARDIAN, Role.BOTH} for r in recipients):
        return ""
    names = full_name(invoice.guardian_last_name, invoice.guardian_first_name), invoice.guardian_organisation
    return ", ".join(name for name in names if name)
