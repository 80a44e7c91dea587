"""The monthly invoices of the residents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database.upsert import insert_into
from models.reading.invoice_sources import INVOICE_WORDING, read_invoice_source
from models.reading.standings import Standing, read_standings
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Client, Resident
from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from models.values.kinds import INVOICE
from models.values.paper import Issuer
from models.values.people import alphabetical, full_name
from models.values.sources import InvoiceSource
from tasks.composing import archive
from tasks.composing.invoices import write_invoice
from tasks.documents.invoice_pdf import draw_invoice
from tasks.documents.mail_parts import MailText
from tasks.documents.preview import example_mail
from tasks.documents.print_file import Drawing
from tasks.documents.wording import check_wording
from tasks.kinds.kind import MonthlyKind, Undocumented, WordingKind
from tasks.kinds.monthly import of_a_month, print_names

PDF_MISSING = (
    "Leur PDF importé manque dans l'archive ou a été modifié : importez de nouveau ces PDF, puis lancez une nouvelle "
    "édition."
)


def _without_invoice(session: Session, campaign: CampaignReference) -> list[Undocumented]:
    billed = select(Invoice.resident_id).where(Invoice.period == campaign.period, Invoice.resident_id.is_not(None))
    query = (
        select(Structure.name, Resident.last_name, Resident.first_name)
        .join(Structure, Resident.structure_id == Structure.id)
        .where(Resident.left_on.is_(None), Resident.id.not_in(billed))
    )
    if campaign.structures:
        query = query.where(Structure.code.in_(campaign.structures))
    found = [Undocumented(structure, full_name(*names)) for structure, *names in session.execute(query).tuples()]
    return sorted(found, key=lambda row: (alphabetical(row.structure), alphabetical(row.name)))


def _add_documents(session: Session, standings: Sequence[Standing]) -> None:
    missing = [{"kind": INVOICE, "invoice_id": s.subject_id} for s in standings if s.document_id is None]
    if missing:
        connection = session.connection()
        connection.execute(insert_into(connection, Document).on_conflict_do_nothing(), missing)


def _labels(session: Session, documents: Collection[int]) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        select(
            Document.id,
            Structure.code,
            Document.left_as,
            Invoice.number,
            Resident.last_name,
            Resident.first_name,
            Client.name,
        )
        .join(Invoice, Document.invoice_id == Invoice.id)
        .join(Structure, Invoice.structure_id == Structure.id)
        .outerjoin(Resident, Invoice.resident_id == Resident.id)
        .outerjoin(Client, Invoice.client_id == Client.id)
        .where(Document.id.in_(documents))
    ).tuples()
    return {
        document: (code, f"{left_as or client or full_name(last, first)} · {number}")
        for document, code, left_as, number, last, first, client in rows
    }


def _content(source: InvoiceSource, archive_folder: Path) -> Drawing | str | Refusal:
    if not source.pdf_key:
        return partial(draw_invoice, paper=source.paper)
    try:
        archive.get(archive_folder, source.pdf_key)
    except (OSError, ValueError):
        return Refusal(PDF_MISSING)
    return source.pdf_key


def _example(subject: str, body: str, issuer: Issuer, today: date) -> MailText:
    return example_mail((subject, body), issuer, today)


INVOICES = MonthlyKind(
    name=INVOICE,
    key="factures",
    one="facture",
    many="factures",
    debtor="résident",
    debtors="résidents",
    covered_one="facture",
    covered_many="factures",
    flow="factures-mensuelles",
    undocumented=_without_invoice,
    add_documents=_add_documents,
    labels=_labels,
    read_source=read_invoice_source,
    write=write_invoice,
    content=_content,
    print_names=print_names("factures", "factures"),
    wordings=(WordingKind(INVOICE_WORDING, "facture", check_wording, _example, always=True),),
    **of_a_month(read_standings),
)
