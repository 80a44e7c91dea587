"""A kind of mailing that Facteur does not have: a paper without an amount for the residents of a month.

It is registered here and has no table; everything else goes through the functions that invoices go through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from flows.ending import ended
from flows.mailing import mail_all
from flows.review import ask
from models.database.schema import migrate
from models.database.session import reading
from models.database.upsert import insert_into
from models.reading.standings import Standing, read_ledger
from models.rules.coverage import Coverage
from models.rules.recipients import Recipient, resolve_recipients
from models.tables.document import Document
from models.tables.organisation import Structure
from models.tables.people import Guardian, Resident
from models.values.campaign import CampaignReference
from models.values.ending import Refusal
from models.values.mail import Attachment
from models.values.people import full_name
from models.values.sources import InvoiceSource, fingerprint_of
from settings.load import load_settings
from tasks.campaigns.requests import Scope, read_request
from tasks.checking.before import before_campaign
from tasks.composing.written import Written
from tasks.documents.mail_parts import MailText
from tasks.documents.print_file import Drawing
from tasks.kinds.kind import Found, MonthlyKind, Undocumented
from tasks.kinds.monthly import of_a_month, print_names
from tasks.kinds.registry import KINDS, UnknownKindError, kind_named
from tasks.monthly.choosing import store_choice
from tasks.monthly.plan_page import publish_plan
from tasks.monthly.planning import plan_month
from tasks.printing.invoices import print_letters
from tasks.relays.finding import find_relays
from tests.flows.form_driver import FormDriver, fields_of, form_of, pages_of
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import Moment, Rule
from tests.workplace import PERIOD, Workplace, add_structure

NAME = "attest"

pytestmark = pytest.mark.usefixtures("prefect_server")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the paper is made from: that somebody lived there in a month."""

    structure_code: str
    structure: str
    sender_email: str
    name: str
    period: str
    sender_name: str = "Les Tilleuls"
    reply_to: str = ""
    wording: tuple[str, str] = ("", "")
    is_empty: bool = False
    pay_by: date | None = None
    shows_no_address: bool = False
    copies: tuple[InvoiceSource, ...] = ()
    dropped: tuple[tuple[int, str], ...] = ()

    @property
    def number(self) -> str:
        return f"attestation {self.period} de {self.name}"

    @property
    def key(self) -> str:
        return f"attestation-{self.name}-{self.period}"

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self)


def of_month(session: Session, period: str, structures: Collection[str]) -> list[Standing]:
    rows = session.execute(
        select(Resident, Structure, Guardian.email, Document.id)
        .join(Structure, Resident.structure_id == Structure.id)
        .outerjoin(Guardian, Resident.guardian_id == Guardian.id)
        .outerjoin(
            Document, (Document.resident_id == Resident.id) & (Document.kind == NAME) & (Document.period == period)
        )
        .order_by(Resident.last_name)
    ).tuples()
    ledger = read_ledger(session, select(Document.id).where(Document.kind == NAME, Document.period == period))
    found = []
    for resident, structure, guardian, document in rows:
        if structures and structure.code not in structures:
            continue
        recipients = resolve_recipients(resident.recipients, resident.email, guardian or "")
        found.append(
            Standing(
                document_id=document,
                subject_id=resident.id,
                structure_code=structure.code,
                structure_name=structure.name,
                name=resident.full_name,
                number=f"attestation {period} de {resident.full_name}",
                total_excl_tax=None,
                total_incl_tax=None,
                recipients=recipients,
                imported_printed_on=None,
                **ledger.of(document, recipients),
            )
        )
    return found


def add_documents(session: Session, standings: Sequence[Standing]) -> None:
    rows = [
        {"kind": NAME, "resident_id": s.subject_id, "period": s.number.split()[1]}
        for s in standings
        if s.document_id is None
    ]
    if rows:
        session.execute(insert_into(session.connection(), Document).on_conflict_do_nothing(), rows)


def labels(session: Session, documents: Collection[int]) -> Mapping[int, tuple[str, str]]:
    rows = session.execute(
        select(Document.id, Structure.code, Resident.last_name, Resident.first_name)
        .join(Resident, Document.resident_id == Resident.id)
        .join(Structure, Resident.structure_id == Structure.id)
        .where(Document.id.in_(documents))
    ).tuples()
    return {document: (code, f"{full_name(*names)} · attestation") for document, code, *names in rows}


def read_source(rows: Connection, document_id: int) -> Found:
    row = rows.execute(
        select(
            Structure.code,
            Structure.name,
            Structure.sender_email,
            Resident.last_name,
            Resident.first_name,
            Resident.recipients,
            Resident.email,
            Guardian.email.label("guardian_email"),
            Document.period,
        )
        .join(Resident, Document.resident_id == Resident.id)
        .join(Structure, Resident.structure_id == Structure.id)
        .outerjoin(Guardian, Resident.guardian_id == Guardian.id)
        .where(Document.id == document_id)
    ).one()
    source = Certificate(row.code, row.name, row.sender_email, full_name(row.last_name, row.first_name), row.period)
    return source, resolve_recipients(row.recipients, row.email, row.guardian_email or "")


def draw(canvas: Canvas, source: Certificate) -> int:
    canvas.drawString(72, 700, f"{source.name} a vécu à {source.structure} en {source.period}.")
    canvas.showPage()
    return 1


def write(source: Certificate, recipient: Recipient, archive: Path, *, copies: bool) -> Written:
    file = BytesIO()
    canvas = Canvas(file)
    draw(canvas, source)
    canvas.save()
    text = MailText(f"Attestation de {source.name}", "Voici votre attestation.\n", "<p>Voici votre attestation.</p>")
    return Written(text, (Attachment("attestation.pdf", file.getvalue()),))


def content(source: Certificate, _archive: Path) -> Drawing | str | Refusal:
    return partial(draw, source=source)


def nobody(_session: Session, _campaign: CampaignReference) -> list[Undocumented]:
    return []


CERTIFICATES = MonthlyKind(
    name=NAME,
    key="attestations",
    one="attestation",
    many="attestations",
    debtor="résident",
    debtors="résidents",
    covered_one="attestation",
    covered_many="attestations",
    flow="attestations",
    undocumented=nobody,
    add_documents=add_documents,
    labels=labels,
    read_source=read_source,
    write=write,
    content=content,
    print_names=print_names("attestations", "attestations", prefix="attestations-"),
    **of_a_month(of_month),
)


@flow(name="attestations", persist_result=False)
def attestations(periode: str, relecture: bool = True) -> State[Any]:
    """The flow of the monthly invoices, with another kind."""
    request = read_request(flow_run.get_id() or "", datetime(2024, 10, 5, tzinfo=UTC), periode, [], "", "", NAME)
    assert not isinstance(request, Refusal)
    carriers = find_relays(request.structures)
    if refusal := carriers.refusal or before_campaign(request.structures, carriers, CERTIFICATES):
        return ended(refusal)
    campaign = plan_month(request, {"periode": periode})
    if not campaign.chosen:
        plan_page = publish_plan(campaign, carriers)
        if relecture:
            ask(campaign, carriers, plan_page)
        else:
            store_choice(campaign)
    return mail_all(campaign, carriers)


clerk = FormDriver(attestations)


@pytest.fixture
def office(
    tmp_path: Path,
    relay: ScriptedServer,
    settings_for: Callable[[str, ScriptedServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Workplace:
    monkeypatch.setitem(KINDS, NAME, CERTIFICATES)
    settings_for(f"sqlite:///{tmp_path / 'facteur.db'}", relay)
    database = load_settings().database
    migrate(database)
    add_structure(database)
    return Workplace(database, relay)


def standings(office: Workplace) -> dict[str, Coverage]:
    with reading(office.database) as session:
        return {standing.name: standing.coverage for standing in of_month(session, PERIOD, ())}


def test_a_third_kind_is_planned_reviewed_mailed_printed_and_reported(office: Workplace) -> None:
    """Through the functions of the invoices; the invoices of the same residents are not touched."""
    office.add_resident("Aubert", "aubert@example.org", "tuteur@example.org")
    office.add_resident("Blanc", "blanc@example.org")
    office.add_resident("Caron")
    office.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="blanc@example.org"))

    run = clerk.create_run(periode=PERIOD)
    state = clerk.work(run)
    held, explanation = form_of(state, run)
    assert "**2 attestations** prêtes à partir vers **3 adresses**" in explanation
    assert [label.split(" · ")[0] for label in fields_of(state, run)["retirer"]["items"]["enum"]] == [
        "AUBERT Alix",
        "BLANC Alix",
    ]
    state = clerk.answer(run, held, vos_initiales="ML")
    assert state.is_failed()
    assert (state.message or "").startswith("2 attestations de septembre 2024 : 1 envoyée, 1 refusée.")

    assert sorted(message.recipients[0] for message in office.relay.messages()) == [
        "aubert@example.org",
        "tuteur@example.org",
    ]
    parsed = message_from_bytes(office.relay.messages()[0].content, policy=policy.default)
    (pdf,) = parsed.iter_attachments()  # type: ignore[attr-defined]
    assert "AUBERT Alix a vécu à" in PdfReader(BytesIO(pdf.get_content())).pages[0].extract_text()
    assert any("Campagne de septembre 2024" in page and "3 attestations" in page for page in pages_of(run))

    ending = print_letters(str(uuid4()), Scope(PERIOD, ()), "tout ce qui doit être imprimé", kind_name=NAME)
    assert ending.sentence.startswith("2 courriers pour 1 structure")
    assert "courriers-attestations-2024-09-" in ending.sentence
    assert "## Attestations de septembre 2024 : courriers à imprimer" in ending.page
    assert standings(office) == {
        "AUBERT Alix": Coverage.MAILED,
        "BLANC Alix": Coverage.PRINTED,
        "CARON Alix": Coverage.PRINTED,
    }

    assert clerk.retry(run).is_failed()
    assert len(office.relay.messages()) == 2
    assert {standing.coverage for standing in office.standings()} == {Coverage.WAITING}


def test_a_kind_that_is_not_registered_is_never_taken_for_another() -> None:
    """A ledger that a newer version wrote is read by nobody who does not know its kinds."""
    with pytest.raises(UnknownKindError, match="attest"):
        kind_named(NAME)
