"""A structure's settings, stored with their history, in the mails and in a trial: on both databases."""

from __future__ import annotations

import base64
import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from models.database.session import reading, writing
from models.reading.invoice_sources import read_invoice_source
from models.tables.document import Document
from models.tables.organisation import Structure, Wording
from models.tables.people import Resident
from models.tables.structure_change import StructureChange
from models.tables.structure_trial import StructureTrial
from models.values.ending import Refusal
from models.values.kinds import RecipientPolicy, TrialState
from settings.load import load_settings
from tasks.structures.codifying import MAYBE_TWICE, changed, find_structure, is_stored, run_trial, store
from tasks.structures.entry import Entry
from tasks.structures.page import structure_page
from tasks.structures.storing import Sheet, changes_of_structure, trials_of_structure
from tests.smtp_server.record import StoredMessage
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace, add_structure

LARGEST_PICTURE_BYTES = 300_000


def sheet() -> Sheet:
    found = find_structure("TILLEULS")
    assert isinstance(found, Sheet)
    return found


def change(run: str | None = None, trial_to: str = "", shown: Sheet | None = None, **typed: str) -> str:
    """What a run stores when a clerk changes these fields of the form; the run's id."""
    run, shown = run or str(uuid4()), shown or sheet()
    values = dict(shown.values) | {key.replace("__", "."): value for key, value in typed.items()}
    store("TILLEULS", shown.values, Entry(values, "ML"), run, trial_to)
    return run


def noted(workplace: Workplace) -> list[tuple[str, str, str, str]]:
    with reading(workplace.database) as session:
        rows = session.scalars(select(StructureChange).order_by(StructureChange.id))
        return [(row.field, row.before, row.after, row.initials) for row in rows]


def parts(message: StoredMessage) -> tuple[EmailMessage, str, str]:
    """The parsed message, its text and its HTML."""
    parsed = message_from_bytes(message.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert plain is not None
    assert html is not None
    return parsed, *(part.get_content().replace("\r\n", "\n") for part in (plain, html))


def test_each_changed_field_is_stored_and_noted(workplace: Workplace) -> None:
    """With what was before, what is after, who, when and by which run; what was not changed leaves no trace."""
    run = change(sender_name="Facturation", invoice__body="Facture de &personne", **{"reminder-2__subject": "Rappel"})
    assert noted(workplace) == [
        ("sender_name", "", "Facturation", "ML"),
        ("invoice.body", "", "Facture de &personne", "ML"),
        ("reminder-2.subject", "", "Rappel", "ML"),
    ]
    with reading(workplace.database) as session:
        rows = changes_of_structure(session, "TILLEULS", 50)
        assert {row.flow_run_id for row in rows} == {run}
        assert all(row.changed_at.tzinfo for row in rows)
        kinds = dict(session.execute(select(Wording.kind, Wording.body)).tuples().all())
    assert kinds == {"invoice": "Facture de &personne", "reminder-2": ""}
    assert sheet().values["sender_name"] == "Facturation"
    assert changed("TILLEULS", run) == (
        "TILLEULS : 3 réglages changés par ML (Nom d'expéditeur, Texte du mail de facture, Objet de la 2e relance)."
    )


def test_a_run_stores_once(workplace: Workplace) -> None:
    """A Retry after somebody else's change does not undo it."""
    shown = sheet()
    run = change(footer="Un", shown=shown)
    assert is_stored(run)
    change(footer="Deux")
    change(run, footer="Un", shown=shown)
    assert sheet().values["footer"] == "Deux"
    assert [(before, after) for _, before, after, _ in noted(workplace)] == [("", "Un"), ("Un", "Deux")]


def test_nothing_changed_is_said_and_leaves_no_history(workplace: Workplace) -> None:
    """A form that was sent back as it was shown changes nothing."""
    run = change()
    assert noted(workplace) == []
    assert not is_stored(run)
    assert changed("TILLEULS", run) == "TILLEULS : aucun changement."


def test_what_the_clerk_left_alone_stays_as_it_is_now(workplace: Workplace) -> None:
    """A form waits for days: an import in between is not undone by a field that nobody touched."""
    shown = sheet()
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(reply_to="new@example.org", footer="importé"))
    change(shown=shown, footer="saisi")
    assert sheet().values["reply_to"] == "new@example.org"
    assert noted(workplace) == [("footer", "importé", "saisi", "ML")]


def test_an_emptied_text_is_the_default_one_again(workplace: Workplace) -> None:
    """The row of the wording may stay; the mail is the default one."""
    workplace.add_resident("Aubert", "a@example.org")
    change(invoice__subject="Mon objet")
    change(invoice__subject="")
    workplace.run()
    ((parsed, _, _),) = map(parts, workplace.relay.messages())
    assert parsed["Subject"] == "Votre facture de septembre 2024"


def test_which_structure_is_meant(workplace: Workplace) -> None:
    """The only one, or the one that is named, whatever the case; else the codes to choose from."""
    assert find_structure("") == find_structure(" tilleuls ") == sheet()
    add_structure(workplace.database, "HORIZON")
    assert find_structure("") == Refusal("Indiquez dans « structure » l'un de ces codes : HORIZON, TILLEULS.")
    assert find_structure("LILAS") == Refusal(
        "Aucune structure n'a le code « LILAS ». Indiquez dans « structure » l'un de ces codes : HORIZON, TILLEULS."
    )


def test_the_footer_is_in_both_forms_of_a_mail_and_acts_in_none(workplace: Workplace) -> None:
    """A changed footer makes a composed message anew: the fingerprint covers it."""
    workplace.add_resident("Aubert", "a@example.org")
    workplace.relay.script(Rule(Moment.MAIL, "451 later"))
    campaign = workplace.plan()
    workplace.choose(campaign)
    workplace.send(campaign)
    workplace.relay.script()
    change(footer="Ouvert de 9 h à 12 h\n<script>alert(1)</script>")
    assert workplace.send(campaign) == ["Envoyé"]
    ((_, text, html),) = map(parts, workplace.relay.messages())
    assert "\n\nOuvert de 9 h à 12 h\n<script>alert(1)</script>\n\n" in text
    assert "Ouvert de 9 h à 12 h<br>\n&lt;script&gt;alert(1)&lt;/script&gt;</p>" in html


@pytest.mark.parametrize(
    ("own", "guardian", "policy_", "copies"),
    [
        pytest.param(
            "r@example.org",
            "t@example.org",
            RecipientPolicy.ALL,
            {"r@example.org": "TUTEUR", "t@example.org": "AUBERT Alix"},
            id="both",
        ),
        pytest.param("r@example.org", "", RecipientPolicy.ALL, {"r@example.org": ""}, id="resident-alone"),
        pytest.param("", "t@example.org", RecipientPolicy.ALL, {"t@example.org": ""}, id="guardian-alone"),
        pytest.param("x@example.org", "X@example.org", RecipientPolicy.ALL, {"x@example.org": ""}, id="one-mailbox"),
        pytest.param(
            "r@example.org", "t@example.org", RecipientPolicy.GUARDIAN, {"t@example.org": ""}, id="guardian-by-policy"
        ),
    ],
)
def test_who_else_gets_the_invoice(
    workplace: Workplace, own: str, guardian: str, policy_: RecipientPolicy, copies: dict[str, str]
) -> None:
    """Each message names the other reader, never an address of his; without one the line is not there."""
    change(invoice__body="Bonjour,\n\nVotre facture.\nCopie adressée à &copie_a.\n\nMerci")
    workplace.add_resident("Aubert", own, guardian, policy_)
    workplace.run()
    messages = {message.recipients[0]: parts(message) for message in workplace.relay.messages()}
    assert set(messages) == set(copies)
    for reader, name in copies.items():
        _, text, html = messages[reader]
        line = f"\nCopie adressée à {name}." if name else ""
        assert text.startswith(f"Bonjour,\n\nVotre facture.{line}\n\nMerci\n")
        assert ("Copie" in html) is bool(name)
        for other in copies.keys() - {reader}:
            assert other not in text + html


def test_the_fingerprint_covers_who_else_reads(workplace: Workplace) -> None:
    """What the message says of the other reader is checked again at the claim."""
    workplace.add_resident("Aubert", "r@example.org", "t@example.org")
    workplace.plan()
    with reading(workplace.database) as session:
        document = session.scalars(select(Document.id)).one()
        both, _ = read_invoice_source(session.connection(), document)
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(recipients=RecipientPolicy.RESIDENT))
    with reading(workplace.database) as session:
        alone, _ = read_invoice_source(session.connection(), document)
    assert (both.copied, alone.copied) == (True, False)
    assert both.fingerprint != alone.fingerprint


def test_a_trial_is_the_invoices_mail_and_nobodys_delivery(workplace: Workplace) -> None:
    """Marked, from the structure, with an invented invoice; its outcome stands in the history; a Retry sends none."""
    change(invoice__subject="Facture de &periode", sender_name="Les Tilleuls", reply_to="accueil@tilleuls.example")
    run = change(trial_to="essai@example.org")
    outcome = run_trial(sheet(), run)
    assert outcome is not None
    assert outcome.state is TrialState.ACCEPTED
    assert outcome.sentence.startswith("accepté pour essai@example.org par 127.0.0.1 (250")
    (message,) = workplace.relay.messages()
    assert (message.sender, message.recipients) == ("facturation@tilleuls.example", ("essai@example.org",))
    parsed, text, _ = parts(message)
    assert parsed["Subject"].startswith("[TEST] Facture d")
    assert (parsed["From"], parsed["Reply-To"]) == (
        "Les Tilleuls <facturation@tilleuls.example>",
        "accueil@tilleuls.example",
    )
    assert "MAILLY Josiane" in text
    (pdf,) = parsed.iter_attachments()
    assert pdf.get_content().startswith(b"%PDF-")
    assert workplace.deliveries() == []
    assert run_trial(sheet(), run) == outcome
    assert len(workplace.relay.messages()) == 1
    with reading(workplace.database) as session:
        (trial,) = trials_of_structure(session, "TILLEULS", 50)
    assert (trial.address, trial.state, trial.sentence, trial.initials) == (
        "essai@example.org",
        TrialState.ACCEPTED,
        outcome.sentence,
        "ML",
    )


def test_a_refused_trial_says_why_and_a_retry_tries_again(workplace: Workplace) -> None:
    """The cause in French, with the server's reply; what was stored stays stored."""
    workplace.relay.script(Rule(Moment.MAIL, "554 5.2.252 SendAsDenied"))
    run = change(trial_to="essai@example.org", footer="Un")
    refused = run_trial(sheet(), run)
    assert refused is not None
    assert refused.state is TrialState.NOT_SENT
    assert refused.sentence.startswith(
        "pas parti vers essai@example.org : Le compte d'envoi n'a pas le droit d'écrire au nom de cet expéditeur "
        "(554 5.2.252"
    )
    assert sheet().values["footer"] == "Un"
    workplace.relay.script()
    again = run_trial(sheet(), run)
    assert again is not None
    assert again.state is TrialState.ACCEPTED
    assert MAYBE_TWICE not in again.sentence
    assert len(workplace.relay.messages()) == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param(Rule(Moment.RCPT, "550 5.1.1 no such user"), "Cette adresse n'existe pas", id="unknown"),
        pytest.param(Rule(Moment.RCPT, "451 4.7.1 greylisted"), "Attendre que le serveur réponde", id="greylisted"),
        pytest.param(Rule(Moment.BANNER, how=How.DROP), "Attendre que le serveur réponde", id="no-banner"),
        pytest.param(Rule(Moment.FINAL, how=How.DROP), "incertain pour essai@example.org.", id="uncertain"),
    ],
)
def test_what_a_trial_says(workplace: Workplace, rule: Rule, said: str) -> None:
    """Nothing promises that Facteur tries again by itself."""
    workplace.relay.script(rule)
    outcome = run_trial(sheet(), change(trial_to="essai@example.org"))
    assert outcome is not None
    assert outcome.state is (TrialState.UNCERTAIN if "incertain" in said else TrialState.NOT_SENT)
    assert said in outcome.sentence
    assert "Facteur réessaie" not in outcome.sentence


def test_a_trial_that_a_kill_cut_off_is_sent_again_with_a_word(workplace: Workplace) -> None:
    """Nobody knows whether it left; it has the same Message-ID."""
    run = change(trial_to="essai@example.org")
    run_trial(sheet(), run)
    with writing(workplace.database) as session:
        session.execute(update(StructureTrial).values(state=TrialState.BEGUN))
    again = run_trial(sheet(), run)
    assert again is not None
    assert again.sentence.endswith(MAYBE_TWICE)
    first, second = (parts(message)[0]["Message-ID"] for message in workplace.relay.messages())
    assert first == second


def test_the_page_shows_mails_picture_and_history_and_nothing_acts_in_it(workplace: Workplace) -> None:
    """What a clerk typed is text, whatever it is; the newest change comes first."""
    change(footer="un | deux `x`")
    change(sender_name="<script>alert(1)</script>", invoice__body="```\n<img src=x>\nCopie à &copie_a")
    with reading(load_settings().database) as session:
        page = structure_page(sheet(), changes_of_structure(session, "TILLEULS", 50), [], date(2024, 10, 3), saved=True)
    picture = base64.b64decode(re.search(r"data:image/png;base64,([\w+/=]+)\)", page)[1])  # type: ignore[index]
    assert picture.startswith(b"\x89PNG")
    assert 10_000 < len(picture) < LARGEST_PICTURE_BYTES
    assert "<script" not in page
    assert "````text\n```\n<img src=x>\nCopie à UDAF de Loire-Exemple\n" in page
    assert "````text\n```\n<img src=x>\n\n--\n" in page
    for level in ("Relance n° 1", "Relance n° 2", "MISE EN DEMEURE"):
        assert f"objet** : {level}" in page
    rows = [line for line in page.splitlines() if "| ML |" in line]
    assert [row.split(" | ")[2] for row in rows] == ["Texte du mail de facture", "Nom d'expéditeur", "Pied de mail"]
    assert r"un \| deux \`x\`" in rows[-1]
