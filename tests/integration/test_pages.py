"""The pages that a clerk reads, made from real campaigns on both databases, and the flow that publishes the history."""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from sqlalchemy import insert, select, update

from flows.history import historique
from models.database.clock import utc_now
from models.database.session import reading, writing
from models.tables.document import Document, Printing
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.campaign import CampaignReference
from models.values.kinds import RecipientPolicy, Settlement
from models.values.moments import PARIS
from tasks.follow_up.settling import Answer, store_answer
from tasks.follow_up.uncertain import ask_about
from tasks.monthly.choosing import Choice
from tasks.pages.campaign import Links, campaign_page, campaign_title
from tasks.pages.causes import failures_page, groups
from tasks.pages.coverage import coverage_page, coverage_table, unmailed_page
from tasks.pages.facts import CampaignFacts, read_facts
from tasks.pages.history import SHOWN_MONTHS, history
from tasks.pages.resident import resident_history
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import PERIOD, Workplace, add_structure

UNKNOWN = Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="nobody*@*")
FULL = Rule(Moment.RCPT, "552 5.2.2 mailbox full", recipient="full@*")
LOST = Rule(Moment.FINAL, how=How.DROP, stored=True, times=1)
LINKS = Links(unmailed=uuid4(), coverage=uuid4())
HOSTILE = '<img src=x onerror="alert(1)">|[ici](javascript:x) *a* `b` </td></tr>'
# Measured in the UI at a window of 1,400 px.
ROOM_PX, LETTER_PX, PADDING_PX = 828, 7.2, 24


def body(page: str) -> str:
    """The page without its first line, which says of when it is."""
    first, _, rest = page.partition("\n\n")
    assert first.startswith("*Page du ")
    return rest


def sent(workplace: Workplace, *, redirect: str = "") -> CampaignReference:
    """A whole campaign; its reference."""
    campaign = workplace.plan(redirect=redirect)
    workplace.choose(campaign)
    workplace.send(campaign)
    return campaign


def page_of(facts: CampaignFacts) -> str:
    return campaign_page(facts, "la phrase", LINKS)


def every_page(workplace: Workplace, campaign: CampaignReference) -> dict[str, str]:
    facts = read_facts(campaign, workplace.stops)
    with reading(workplace.database) as session:
        codes = session.scalars(select(Resident.code)).all()
    residents = {f"resident {code}": resident_history(code, ()).page for code in codes}
    return {
        "campaign": page_of(facts),
        "failures": failures_page(facts),
        "coverage": coverage_page(facts),
        "unmailed": unmailed_page(facts),
        "history": history("", ()).page,
        "several": resident_history("Alix", ()).page,
        **residents,
    }


def tables(page: str) -> list[list[list[str]]]:
    """The cells of each table."""
    found: list[list[list[str]]] = [[]]
    for line in page.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_the_title_names_the_structures(workplace: Workplace) -> None:
    """One by its name, a few by theirs, many by their number."""
    workplace.add_resident("Aubert", "a@example.org")
    assert campaign_title(read_facts(workplace.plan())) == "Campagne de septembre 2024, EHPAD Tilleuls"
    for code in ("AULNES", "BOULEAUX", "CHENES"):
        add_structure(workplace.database, code)
        workplace.add_resident("Blanc", "b@example.org", structure=code)
        titles = campaign_title(read_facts(workplace.plan()))
        if code == "AULNES":
            assert titles == "Campagne de septembre 2024, EHPAD Aulnes et EHPAD Tilleuls"
    assert titles == "Campagne de septembre 2024, toutes les structures (4)"


def test_the_figures_add_up_to_the_number_of_invoices(workplace: Workplace) -> None:
    """In the words of the picture, and in each row of the table by structure."""
    workplace.relay.script(UNKNOWN, LOST)
    add_structure(workplace.database, "AULNES")
    for name, own in (("Aubert", "nobody@example.org"), ("Blanc", "b@example.org"), ("Caron", "c@example.org")):
        workplace.add_resident(name, own)
    workplace.add_resident("Durand")
    workplace.add_resident("Evrard", "e@example.org", policy=RecipientPolicy.PAPER, structure="AULNES")
    facts = read_facts(sent(workplace))
    words = "5 factures de septembre 2024 : 1 envoyée par e-mail, 1 en échec, 1 incertaine, 2 à imprimer."
    assert f"![{words}](data:image/svg+xml;base64," in page_of(facts)
    table = coverage_table(facts.standings)
    assert [(name, total) for name, _, total in table.rows] == [("EHPAD Aulnes", 1), ("EHPAD Tilleuls", 4)]
    assert all(sum(counts) == total for _, counts, total in table.rows)
    assert sum(table.totals) == table.total == 5


def test_failures_are_grouped_by_cause_with_what_to_do_and_who_can(workplace: Workplace) -> None:
    """The most frequent cause first."""
    workplace.relay.script(UNKNOWN, FULL)
    for name, own in (
        ("Aubert", "full@example.org"),
        ("Blanc", "nobody1@example.org"),
        ("Caron", "nobody2@example.org"),
    ):
        workplace.add_resident(name, own)
    facts = read_facts(sent(workplace))
    found = groups(facts.lines)
    assert [len(group.rows) for group in found] == [2, 1]
    assert "n'existe pas" in found[0].cause
    page = page_of(facts)
    for group in found:
        assert f"### {group.cause} ({len(group.rows)})" in page
        assert f"**Que faire** : {group.remedy}" in page
        assert f"**Qui** : {group.who}" in page
    assert "550 5.1.1 no such user" in " ".join(page.replace("<br>", " ").split())


def test_problems_stand_above_what_was_sent(workplace: Workplace) -> None:
    """A thousand sent invoices never hide the one that was refused."""
    workplace.relay.script(UNKNOWN)
    workplace.add_resident("Aubert", "a@example.org")
    workplace.add_resident("Zola", "nobody@example.org", "tuteur@example.org")
    page = page_of(read_facts(sent(workplace)))
    order = [page.index(text) for text in ("### À faire", "ZOLA Alix", "## Envoyées", "AUBERT Alix")]
    assert order == sorted(order)
    assert "tuteur@example.org (tuteur)" in page


def test_hostile_names_and_replies_stay_text_in_every_page(workplace: Workplace) -> None:
    """No markup, no link, no additional column, whoever wrote the name, the structure or the server's reply."""
    workplace.relay.script(Rule(Moment.RCPT, f"550 5.1.1 {HOSTILE}", recipient="nobody@*"), LOST)
    workplace.add_resident(HOSTILE, "nobody@example.org", "t@example.org")
    workplace.add_resident(f"{HOSTILE}2", "b@example.org")
    workplace.add_resident(f"{HOSTILE}3")
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(name=f"EHPAD {HOSTILE}"))
        for resident in session.scalars(select(Resident)):
            resident.code = f"{HOSTILE[:50]}{resident.id}"
    for name, page in every_page(workplace, sent(workplace)).items():
        assert page, name
        assert re.search(r"<(?!br>)", page) is None, name
        assert re.search(r"(?<!\\)\[ici", page) is None, name
        for table in tables(page):
            assert len({len(row) for row in table}) == 1, (name, table)


def test_every_table_has_room_whatever_its_cells_hold(workplace: Workplace) -> None:
    """The UI breaks no line in a cell and cuts what is too wide: long texts are broken before."""
    long_reply = "550 5.1.1 " + "the recipient is not known here and never was " * 8
    later = Rule(Moment.RCPT, long_reply.replace("550 5.1.1", "451 4.7.1"), recipient="pp*")
    workplace.relay.script(Rule(Moment.RCPT, long_reply, recipient=f"{'n' * 50}@*"), later, LOST)
    workplace.add_resident("De La Rochefoucauld-Liancourt" * 2, f"{'n' * 50}@{'example' * 6}.org", "t@example.org")
    workplace.add_resident("De Montmorency-Laval" * 3, f"{'m' * 60}@{'example' * 6}.org", f"{'p' * 60}@example.org")
    workplace.add_resident("De Clermont-Tonnerre" * 3)
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(name="Maison d'accueil spécialisée de la vallée de l'Orne" * 2))
    for name, page in every_page(workplace, sent(workplace)).items():
        for table in tables(page):
            columns = zip(*(row for row in table if set("".join(row)) - set("-: ")), strict=True)
            widths = [max(len(line) for cell in column for line in cell.split("<br>")) for column in columns]
            assert sum(widths) * LETTER_PX + len(widths) * PADDING_PX <= ROOM_PX, (name, widths, table[0])


def test_equal_numbers_in_two_structures_are_two_invoices(workplace: Workplace) -> None:
    """A number is unique in its structure only."""
    add_structure(workplace.database, "AULNES")
    for code in ("TILLEULS", "AULNES"):
        workplace.add_resident("Aubert", f"{code.lower()}@example.org", structure=code)
    with writing(workplace.database) as session:
        session.execute(update(Invoice).values(number="F1"))
    assert read_facts(sent(workplace)).tally.total == 2


def test_a_trial_says_so_and_shows_no_coverage(workplace: Workplace) -> None:
    """Its mails are counted; what really happened to the period is not touched, and not shown."""
    workplace.add_resident("Aubert", "a@example.org")
    facts = read_facts(sent(workplace, redirect="essai@example.org"))
    page = campaign_page(facts, "la phrase")
    assert body(page).startswith("## Essai : campagne de septembre 2024, EHPAD Tilleuls\n")
    assert "vers essai@example.org" in page
    assert "1 facture de septembre 2024 : 1 envoyée par e-mail." in page
    assert "Par structure" not in page


def test_what_came_after_the_review_is_named(workplace: Workplace) -> None:
    """It was not shown, so it was not sent."""
    workplace.add_resident("Aubert", "a@example.org")
    campaign = workplace.plan()
    late = workplace.add_resident("Blanc", "b@example.org")
    workplace.choose(campaign, Choice(frozenset(s.document_id for s in workplace.standings() if s.document_id), "ML"))
    workplace.send(campaign)
    assert f"Arrivées depuis la relecture, donc pas envoyées : {late}." in page_of(read_facts(campaign))


def test_a_namesake_without_an_invoice_is_named(workplace: Workplace) -> None:
    """Two people of one name: the invoice of one is not the other's."""
    workplace.add_resident("Aubert", "a@example.org")
    with writing(workplace.database) as session:
        first = session.scalars(select(Resident)).one()
        names = {"last_name": first.last_name, "first_name": first.first_name}
        session.add(Resident(structure_id=first.structure_id, code="autre", **names))
    page = unmailed_page(read_facts(workplace.plan()))
    assert "### Sans facture pour septembre 2024 : 1 résident" in page
    assert "AUBERT Alix" in page


def test_the_history_counts_every_month_and_structure(workplace: Workplace) -> None:
    """With the share of each class, and the last sending; a structure can be asked for alone."""
    add_structure(workplace.database, "AULNES")
    workplace.add_resident("Aubert", "a@example.org")
    workplace.add_resident("Blanc")
    workplace.add_resident("Caron", "c@example.org", structure="AULNES")
    move(workplace, "CARON", "2024-08")
    sent(workplace)
    found = history("", ())
    assert found.sentence == "3 factures sur 2 mois."
    assert re.search(r"\| septembre 2024 \| 2 \| 1<br>50 % \| 1<br>50 % \|", found.page)
    assert [row[0] for row in tables(found.page)[0][2:]] == ["septembre 2024", "août 2024"]
    (mailed,) = [d.accepted_at for d in workplace.deliveries()]
    assert mailed is not None
    assert f"{mailed.astimezone(PARIS):%d/%m/%Y}" in found.page
    alone = history("", ("AULNES",)).page
    assert "EHPAD Aulnes" in alone
    assert "Tilleuls" not in alone
    assert history("2024-08", ()).sentence == "1 facture sur 1 mois."
    assert history("2020-01", ()).page == ""


def test_the_history_says_which_months_it_leaves_out(workplace: Workplace) -> None:
    """The last twelve are shown; an older one can be asked for."""
    for number in range(SHOWN_MONTHS + 2):
        workplace.add_resident(f"Nom{number}", "a@example.org")
        move(workplace, f"NOM{number}", f"{2023 + number // 12}-{number % 12 + 1:02d}")
    page = history("", ()).page
    assert page.count("![") == SHOWN_MONTHS
    assert "Les mois jusqu'à février 2023 ne sont pas montrés" in page


def move(workplace: Workplace, name: str, period: str) -> None:
    """Give the invoice of a resident another month."""
    with writing(workplace.database) as session:
        for invoice in session.scalars(select(Invoice)):
            if invoice.resident and invoice.resident.last_name.upper() == name:
                invoice.period = period
                invoice.issued_on = date(2024, 9, 30)


@pytest.mark.parametrize(
    "wanted",
    ["Léonard Alix", "alix LEONARD", "léona ali", "r-9 bis", "F-1", " F-1 "],
    ids=["name", "other order, no accent", "beginnings", "code", "invoice", "spaces"],
)
def test_a_resident_is_found_by_name_code_or_invoice(workplace: Workplace, wanted: str) -> None:
    """As a person types it: accents, case and order do not matter."""
    workplace.add_resident("Léonard", "a@example.org")
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(code="R-9 bis"))
        session.execute(update(Invoice).values(number="F-1"))
    workplace.add_resident("Léon", "b@example.org")
    assert body(resident_history(wanted, ()).page).startswith("## LÉONARD Alix, EHPAD Tilleuls\n")


def test_several_residents_are_listed_with_their_codes(workplace: Workplace) -> None:
    """Nobody's history is shown by guess; a whole name wins over the beginning of another."""
    workplace.add_resident("Martin", "a@example.org")
    workplace.add_resident("Martineau", "b@example.org")
    found = resident_history("martin", ())
    assert found.sentence.startswith("2 résidents correspondent à « martin »")
    with reading(workplace.database) as session:
        codes = list(session.scalars(select(Resident.code)))
    cells = [cell for table in tables(found.page) for row in table for cell in row]
    assert set(codes) <= set(cells)
    assert body(resident_history("martin alix", ()).page).startswith("## MARTIN Alix")


def test_nobody_found_says_what_to_write(workplace: Workplace) -> None:
    """The run fails: a person has to ask otherwise."""
    workplace.add_resident("Aubert", "a@example.org")
    for wanted in ("Zola", "'-"):
        found = resident_history(wanted, ())
        assert (found.failed, found.page) == (True, "")
        assert "son nom, son code ou le numéro" in found.sentence


def test_the_page_of_a_resident_tells_everything(workplace: Workplace) -> None:
    """Every try with its time, relay, code and reply; the decision; the printing; the second sending; the command."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="t@*"), LOST)
    number = workplace.add_resident("Aubert", "a@example.org", "t@example.org")
    sent(workplace)
    run = str(uuid4())
    uncertain = [question.delivery_id for question in ask_about(run, PERIOD)]
    store_answer(run, Answer("ML", "vu dans la boîte", {Settlement.ARRIVED: uncertain}))
    with writing(workplace.database) as session:
        document = session.scalars(select(Document.id)).one()
        printing = {"document_id": document, "version": 1, "printed_at": utc_now(), "file_name": "courriers.pdf"}
        session.execute(insert(Printing).values(printing))
    workplace.relay.script()
    workplace.run(reason="demande de la famille")
    page = resident_history(number, ()).page
    text = " ".join(page.replace("<br>", " ").split())
    for expected in (
        "550 5.1.1 no such user",
        f"serveur 127.0.0.1:{workplace.relay.port}",
        "essai 1 : incertain",
        "décision de ML : bien arrivé",
        "vu dans la boîte",
        "édité pour l'envoi par courrier",
        "courriers.pdf",
        "nouvel envoi demandé (n° 2)",
        "demande de la famille",
        "t@example.org (tuteur)",
        "100,00 € TTC",
    ):
        assert expected in text, expected
    assert len(workplace.deliveries()) == 4
    for delivery in workplace.deliveries():
        assert f"`facteur message {delivery.id} --out envoi-{delivery.id}.eml`" in page


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_publishes_its_page(workplace: Workplace) -> None:
    """By month or by person; a structure that is not known fails in words."""
    workplace.add_resident("Aubert", "a@example.org")
    for parameters, key in (({}, "historique"), ({"resident": "aubert"}, "historique-resident")):
        state = historique(**parameters, return_state=True)
        assert state.is_completed(), state.message
        with get_client(sync_client=True) as client:
            run = ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            (artifact,) = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=run))
        assert artifact.key == key
        assert artifact.description.startswith("Historique : ")
    assert historique(resident="Zola", return_state=True).is_failed()
    failed = historique(structures=["INCONNUE"], return_state=True)
    assert failed.is_failed()
    assert "Structures connues : TILLEULS" in failed.message
