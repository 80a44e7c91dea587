"""What was sent does not change any more; what does not stand on the paper still may."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import select

from models.database.session import reading, writing
from models.reading.invoice_sources import read_invoice
from models.reading.standings import read_standings
from models.rules.states import DeliveryState
from models.tables.campaign import Campaign
from models.tables.delivery import Delivery
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.tables.reminder import Reminder, ReminderLine
from models.values.campaign import REAL
from models.values.kinds import INVOICE, REMINDER
from tests.integration.small_import import NOW, accepted, bring, everything, invoice, write

SENT_AT = datetime(2024, 10, 1, 22, 30, tzinfo=UTC)  # already the second of October in Paris
ON = "02/10/2024"


def deliver(
    database_url: str,
    number: str,
    state: DeliveryState = DeliveryState.ACCEPTED,
    purpose: str = REAL,
    leased_until: datetime | None = None,
    address: str = "josiane@example.org",
) -> None:
    """Put a delivery of an invoice into the ledger."""
    with writing(database_url) as session:
        document = Document(
            kind=INVOICE, invoice=session.scalars(select(Invoice).where(Invoice.number == number)).one()
        )
        campaign = Campaign(
            flow_run_id=f"run-{number}",
            kind=INVOICE,
            structures=[],
            parameters={},
            purpose=purpose,
            created_at=NOW,
        )
        session.add_all([document, campaign])
        session.flush()
        session.add(
            Delivery(
                document_id=document.id,
                version=1,
                address=address,
                purpose=purpose,
                role="resident",
                campaign_id=campaign.id,
                state=state,
                changed_at=SENT_AT,
                accepted_at=SENT_AT if state is DeliveryState.ACCEPTED else None,
                leased_until=leased_until,
            )
        )


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        pytest.param(
            [
                ("factures.csv", "100,00;0,00;100,00", "110,00;0,00;110,00"),
                ("lignes.csv", "F1;APL;;;-20,00", "F1;APL;;;-10"),
            ],
            [
                "factures.csv, ligne 2, colonne montant_ht : « 110,00 » ne peut plus remplacer « 100,00\u00a0€ » : "
                f"la facture F1 est déjà envoyée le {ON} ; attendu : montant HT inchangé : 100,00\u00a0€.",
                "factures.csv, ligne 2, colonne montant_ttc : « 110,00 » ne peut plus remplacer « 100,00\u00a0€ » : "
                f"la facture F1 est déjà envoyée le {ON} ; attendu : montant TTC inchangé : 100,00\u00a0€.",
                "lignes.csv, ligne 3, colonne numero_facture : « F1 » ne peut plus changer de lignes : "
                f"la facture F1 est déjà envoyée le {ON} ; attendu : les 2 lignes déjà envoyées, inchangées.",
            ],
            id="the amount and its lines",
        ),
        pytest.param(
            [("factures.csv", "100,00;0,00;100,00", "100,00;5,00;105,00")],
            [
                "factures.csv, ligne 2, colonne montant_tva : « 5,00 » ne peut plus remplacer « 0,00\u00a0€ »",
                "factures.csv, ligne 2, colonne montant_ttc : « 105,00 » ne peut plus remplacer « 100,00\u00a0€ »",
            ],
            id="the VAT",
        ),
        pytest.param(
            [("factures.csv", "F1;R1;", "F1;R2;")],
            ["factures.csv, ligne 2, colonne code_resident : « R2 » ne peut plus remplacer « R1 »"],
            id="the debtor",
        ),
        pytest.param(
            [("factures.csv", "F1;R1;;2024-09", "F1;R1;;2024-08")],
            ["factures.csv, ligne 2, colonne periode : « 2024-08 » ne peut plus remplacer « 2024-09 »"],
            id="the period",
        ),
        pytest.param(
            [("lignes.csv", "F1;Hébergement;2", "F1;Séjour;2")],
            ["lignes.csv, ligne 2, colonne numero_facture : « F1 » ne peut plus changer de lignes"],
            id="the words of a line",
        ),
        pytest.param(
            [("lignes.csv", "2;60,00;120,00\nF1;APL;;;-20,00", ";;100,00")],
            ["lignes.csv, ligne 2, colonne numero_facture : « F1 » ne peut plus changer de lignes"],
            id="fewer lines",
        ),
        pytest.param(
            [
                (
                    "factures.csv",
                    "15/10/2024;100,00;0,00;100,00;;;;",
                    "31/10/2024;100,00;0,00;100,00;12,50;;03/10/2024;oui",
                )
            ],
            [],
            id="due date, balance, printing and dispute may change",
        ),
        pytest.param([("factures.csv", "75,50;0;75,50", "80;0;80")], [], id="another invoice may change"),
    ],
)
def test_what_an_invoice_says_is_fixed_once_it_was_sent(
    changed: list[tuple[str, str, str]], sentences: list[str], database_url: str, tmp_path: Path
) -> None:
    """The paper in the resident's hands and the ledger say the same."""
    accepted(write(tmp_path / "first"), database_url)
    deliver(database_url, "F1")
    before = everything(database_url)
    report = bring(write(tmp_path / "newer", *changed), database_url)
    assert len(report.faults) == len(sentences), [str(fault) for fault in report.faults]
    for fault, sentence in zip(report.faults, sentences, strict=True):
        assert str(fault).startswith(sentence)
    assert (everything(database_url) == before) == bool(sentences)


@pytest.mark.parametrize(
    ("state", "purpose", "leased_until", "reason"),
    [
        pytest.param(DeliveryState.ACCEPTED, REAL, None, f"est déjà envoyée le {ON}", id="accepted"),
        pytest.param(DeliveryState.UNCERTAIN, REAL, None, f"est peut-être déjà envoyée le {ON}", id="uncertain"),
        pytest.param(DeliveryState.HANDING_OVER, REAL, None, "est peut-être déjà envoyée", id="handing over"),
        pytest.param(DeliveryState.CLAIMED, REAL, NOW + timedelta(minutes=5), "est en cours d'envoi", id="claimed"),
        pytest.param(DeliveryState.CLAIMED, REAL, NOW - timedelta(minutes=5), "", id="claimed by a worker that died"),
        pytest.param(DeliveryState.PLANNED, REAL, None, "", id="planned"),
        pytest.param(DeliveryState.COMPOSED, REAL, None, "", id="composed"),
        pytest.param(DeliveryState.DEFERRED, REAL, None, "", id="deferred"),
        pytest.param(DeliveryState.REFUSED, REAL, None, "", id="refused"),
        pytest.param(DeliveryState.WITHDRAWN, REAL, None, "", id="withdrawn"),
        pytest.param(DeliveryState.ACCEPTED, "test:run", None, "", id="a trial"),
    ],
)
def test_only_what_left_or_may_have_left_is_fixed(
    state: DeliveryState,
    purpose: str,
    leased_until: datetime | None,
    reason: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Before the message leaves, the billing software may correct the amount."""
    accepted(write(tmp_path / "first"), database_url)
    deliver(database_url, "F3", state, purpose, leased_until)
    report = bring(write(tmp_path / "newer", ("factures.csv", "75,50;0;75,50", "80;0;80")), database_url)
    assert [reason in fault.problem for fault in report.faults] == ([True, True] if reason else [])
    assert invoice(database_url, "F3").total_excl_tax == Decimal("75.50" if reason else "80.00")


@pytest.mark.parametrize(
    ("chosen", "dropped", "fixed"),
    [
        pytest.param(True, "", True, id="reminded of"),
        pytest.param(False, "", False, id="left out"),
        pytest.param(True, "paid", False, id="not on the paper after all"),
    ],
)
def test_what_a_reminder_enclosed_is_fixed(
    chosen: bool, dropped: str, fixed: bool, database_url: str, tmp_path: Path
) -> None:
    """The client has a copy of the invoice; what he still owes may change, that is what balances are for."""
    accepted(write(tmp_path / "first"), database_url)
    deliver(database_url, "F3")
    with writing(database_url) as session:
        billed = session.scalars(select(Invoice).where(Invoice.number == "F4")).one()
        document = Document(kind=REMINDER)
        line = ReminderLine(invoice_id=billed.id, level=1, balance=Decimal(120), chosen=chosen, dropped=dropped)
        assert billed.client_id is not None
        session.add(
            Reminder(document=document, client_id=billed.client_id, reference_date=NOW.date(), level=1, lines=[line])
        )
        session.flush()
        session.scalars(select(Delivery)).one().document_id = document.id
    accepted(write(tmp_path / "paid", ("factures.csv", "120,00;120,00;;;oui", "120,00;0;;;")), database_url)
    report = bring(write(tmp_path / "newer", ("factures.csv", ";01/10/2024;", ";02/10/2024;")), database_url)
    assert [f"la facture F4 est déjà relancée le {ON}" in fault.problem for fault in report.faults] == [True] * fixed


def print_file(database_url: str, number: str) -> None:
    """Put an invoice into a file to print."""
    with writing(database_url) as session:
        billed = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        document = Document(kind=INVOICE, invoice=billed)
        session.add(document)
        session.flush()
        session.add(Printing(document_id=document.id, version=1, printed_at=SENT_AT, file_name="courriers.pdf"))


def test_what_was_printed_is_fixed_as_what_was_mailed(database_url: str, tmp_path: Path) -> None:
    """The resident has the paper; what was not printed may still change."""
    accepted(write(tmp_path / "first"), database_url)
    print_file(database_url, "F3")
    before = everything(database_url)
    report = bring(write(tmp_path / "newer", ("factures.csv", "75,50;0;75,50", "1;0;1")), database_url)
    assert [f"la facture F3 est déjà imprimée le {ON}" in fault.problem for fault in report.faults] == [True, True]
    assert everything(database_url) == before
    accepted(write(tmp_path / "other", ("factures.csv", "50,00;;50,00;20,00", "51;;51;21")), database_url)


def with_pdf(folder: Path, name: str, pages: int) -> Path:
    """The small import in which F3 has a PDF of its own; none when ``name`` is empty."""
    write(folder, ("factures.csv", "75,50;0;75,50;;", f"75,50;0;75,50;;{name}"))
    if name:
        (folder / name).write_bytes(pdf(pages))
    return folder


def pdf(pages: int) -> bytes:
    content = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
        made.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("first", "then", "sentence"),
    [
        (("a.pdf", 1), ("a.pdf", 2), "« a.pdf » ne peut plus remplacer ce qui est parti"),
        (("a.pdf", 1), ("", 0), "le PDF ne peut plus être retiré"),
        (("", 0), ("a.pdf", 1), "« a.pdf » ne peut plus remplacer ce qui est parti"),
        (("a.pdf", 1), ("b.pdf", 1), ""),
    ],
    ids=["replaced", "emptied", "put in the place of what was drawn", "the same bytes under another name"],
)
@pytest.mark.parametrize("gone", [deliver, print_file], ids=["mailed", "printed"])
def test_the_pdf_of_what_left_is_kept(
    gone: Callable[[str, str], None],
    first: tuple[str, int],
    then: tuple[str, int],
    sentence: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Neither replaced nor emptied; before it leaves, both are allowed."""
    newer = with_pdf(tmp_path / "newer", *then)
    accepted(with_pdf(tmp_path / "first", *first), database_url)
    key = invoice(database_url, "F3").pdf_key
    accepted(newer, database_url)
    accepted(tmp_path / "first", database_url)
    gone(database_url, "F3")
    report = bring(newer, database_url)
    assert [sentence in str(fault) and "F3 est déjà" in str(fault) for fault in report.faults] == [True] * bool(
        sentence
    )
    assert invoice(database_url, "F3").pdf_key == key


def test_what_left_keeps_the_name_it_left_under(database_url: str, tmp_path: Path) -> None:
    """Another person behind the code: her new invoice has her name, what was sent and printed has the old one."""
    accepted(write(tmp_path / "first"), database_url)
    deliver(database_url, "F1")
    print_file(database_url, "F3")
    accepted(
        write(
            tmp_path / "newer",
            ("residents.csv", "MAILLY;Josiane", "PERSONNE;Autre"),
            ("residents.csv", "BÉRANGER;Éric", "Béranger;Erik"),
            ("residents.csv", "ÇELIK;Zoé", "ÇELIK-DUPONT;Zoé"),
            ("factures.csv", "S1;F2;", "S1;F9;R1;;2024-09;30/09/2024;;1;0;1;;;;\nS1;F2;"),
        ),
        database_url,
    )
    with reading(database_url) as session:
        names = {standing.number: standing.name for standing in read_standings(session, "2024-09")}
        papers = {
            number: read_invoice(session.connection(), invoice(database_url, number).id).paper.name for number in names
        }
    assert names == papers
    assert names == {"F1": "MAILLY Josiane", "F9": "PERSONNE Autre", "F2": "BÉRANGER Erik", "F3": "ÇELIK Zoé"}
