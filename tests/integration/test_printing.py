"""Printing on both databases: what no e-mail brings, once, each document on a front page."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select, update

from models.database.session import reading, writing
from models.rules.coverage import Coverage
from models.tables.document import Printing
from models.tables.invoice import Invoice
from models.tables.organisation import Structure
from models.tables.people import Resident
from models.values.ending import Ending, Refusal
from models.values.kinds import RecipientPolicy
from models.values.moments import PARIS
from settings.load import load_settings
from tasks.campaigns.remaining import waiting_documents
from tasks.campaigns.requests import Scope, read_scope
from tasks.composing import archive
from tasks.printing.batch import What
from tasks.printing.invoices import print_letters
from tasks.printing.once import print_again
from tests.smtp_server.script import How, Moment, Rule
from tests.unit.documents.papers import runs
from tests.workplace import PERIOD, Workplace, add_structure

EVERYTHING_TO_PRINT: What = "tout ce qui doit être imprimé"

# Ends a run at the moment when its file has its name, and the ledger knows nothing of it.
KILLED_AFTER_NAMING = """
import os, sys
from settings.load import load_settings
from tasks.campaigns.requests import Scope
from tasks.printing.invoices import print_letters

folder = load_settings().prints

def kill(event, arguments):
    if event == "open" and str(arguments[0]) == str(folder) and list(folder.glob("courriers-*.pdf")):
        os._exit(9)

sys.addaudithook(kill)
print_letters(sys.argv[1], Scope(sys.argv[2], ()), "tout ce qui doit être imprimé")
"""


def edit(
    what: What = EVERYTHING_TO_PRINT, run: str = "", structures: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> Ending:
    return print_letters(run or str(uuid4()), Scope(PERIOD, structures), what, only)


def files() -> list[Path]:
    return sorted(load_settings().prints.glob("courriers-*.pdf"))


def pages(file: Path) -> list[str]:
    """The text of each page, white space folded."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(file).pages]


def numbers(file: Path) -> list[str]:
    """The invoice of each page after the cover, by its number; empty for a blank page."""
    found = [page for page in pages(file) if "Page de garde" not in page][1:]
    return [(re.findall(r"F-[0-9a-f]{8}", page) or [""])[0] for page in found]


def printings(workplace: Workplace) -> list[tuple[int, datetime, str, str]]:
    with reading(workplace.database) as session:
        return [
            (row.document_id, row.printed_at, row.file_name, row.flow_run_id)
            for row in session.scalars(select(Printing).order_by(Printing.id))
        ]


def import_pdf(workplace: Workplace, number: str, content: bytes) -> Path:
    """Give an invoice an imported PDF; its path in the archive."""
    key = archive.put(load_settings().archive, content)
    with writing(workplace.database) as session:
        session.execute(update(Invoice).where(Invoice.number == number).values(pdf_key=key))
    return load_settings().archive / key[:2] / key


def foreign_pdf(*texts: str) -> bytes:
    target = BytesIO()
    canvas = Canvas(target)
    for text in texts:
        canvas.drawString(100, 400, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def test_who_has_no_address_or_asked_for_paper_is_printed_by_structure_and_name(workplace: Workplace) -> None:
    """Each on a front page, in French order of names; who can be mailed is left alone, and all become printed."""
    add_structure(workplace.database, "ACACIAS")
    zola = workplace.add_resident("Zola")
    etienne = workplace.add_resident("Étienne", "e@example.org", policy=RecipientPolicy.PAPER)
    workplace.add_resident("Mailly", "josiane@example.org")
    caron = workplace.add_resident("Caron", structure="ACACIAS")
    outcome = edit()
    (file,) = files()
    assert outcome.sentence == f"3 courriers pour 2 structures : {file}, 8 pages."
    assert not outcome.failed
    assert numbers(file) == [caron, "", etienne, "", zola, ""]
    assert {s.name: s.coverage for s in workplace.standings()} == {
        "CARON Alix": Coverage.PRINTED,
        "MAILLY Alix": Coverage.WAITING,
        "ZOLA Alix": Coverage.PRINTED,
        "ÉTIENNE Alix": Coverage.PRINTED,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_address_lies_in_the_window_of_the_envelope(workplace: Workplace) -> None:
    """110 to 200 mm from the left, 45 to 80 mm from the top of the first page of each document."""
    workplace.add_resident("Aubert")
    with writing(workplace.database) as session:
        session.execute(update(Resident).values(street="8 avenue Jean Jaurès", postcode="45100", city="Orléans"))
    edit()
    (file,) = files()
    page = runs(file.read_bytes())[2]
    shown = [run for run in page if run.right > 110 and run.bottom > 45 and run.top < 80]
    assert [run.text for run in shown] == ["AUBERT Alix", "8 avenue Jean Jaurès", "45100 Orléans"]
    assert all(run.left >= 110 and run.right <= 200 and run.top >= 45 and run.bottom <= 80 for run in shown)


def test_what_is_printed_is_not_printed_again(workplace: Workplace) -> None:
    """The second run has nothing to do, says so, and makes no file."""
    workplace.add_resident("Aubert")
    edit()
    assert edit() == Ending("Rien à imprimer pour septembre 2024.")
    assert len(files()) == len(printings(workplace)) == 1


def test_a_refused_invoice_is_printed_and_then_stands_as_printed(workplace: Workplace) -> None:
    """A failure that comes after the printing would ask for another one."""
    workplace.relay.script(Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="t@*"))
    refused = workplace.add_resident("Aubert", "a@example.org", "t@example.org")
    workplace.add_resident("Blanc", "b@example.org")
    assert workplace.run() == ["Refusé", "Envoyé"]
    edit()
    (file,) = files()
    assert numbers(file) == [refused, ""]
    assert [s.coverage for s in workplace.standings()] == [Coverage.PRINTED, Coverage.MAILED]


def test_what_could_not_be_composed_and_was_printed_instead_is_not_mailed_any_more(workplace: Workplace) -> None:
    """Neither by Retry nor for the month; what failed in the same way and was not printed leaves."""
    printed, other = workplace.add_resident("Aubert", "a@example.org"), workplace.add_resident("Blanc", "b@example.org")
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(sender_email=""))
    campaign = workplace.plan()
    workplace.choose(campaign)
    assert workplace.send(campaign) == ["Non composé", "Non composé"]
    edit(only=[printed])
    with writing(workplace.database) as session:
        session.execute(update(Structure).values(sender_email="f@tilleuls.example"))
    assert [document.label for document in waiting_documents(PERIOD)] == [f"BLANC Alix · {other}"]
    assert workplace.send(campaign) == ["Envoyé"]
    assert [s.coverage for s in workplace.standings()] == [Coverage.PRINTED, Coverage.MAILED]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param("tout ce qui doit être imprimé", ["paper", "refused"], id="default"),
        pytest.param("sans adresse ou papier demandé", ["paper"], id="paper"),
        pytest.param("en échec", ["refused"], id="failed"),
        pytest.param("tout, même déjà envoyé ou imprimé", ["mailed", "paper", "refused", "uncertain"], id="everything"),
    ],
)
def test_each_choice_prints_its_own_documents(workplace: Workplace, what: What, expected: list[str]) -> None:
    """An uncertain invoice may have arrived: it is printed only when everything was asked for."""
    workplace.relay.script(
        Rule(Moment.RCPT, "550 5.1.1 no such user", recipient="refused@*"),
        Rule(Moment.FINAL, how=How.DROP, stored=True, recipient="uncertain@*"),
    )
    names = {workplace.add_resident("Paper"): "paper"}
    for name in ("mailed", "refused", "uncertain"):
        names[workplace.add_resident(name, f"{name}@example.org")] = name
    workplace.run()
    edit(what)
    (file,) = files()
    assert [names[number] for number in numbers(file) if number] == expected


def test_exactly_the_named_invoices_are_printed_whatever_their_class(workplace: Workplace) -> None:
    """By number or by the resident's name; accents and case do not matter."""
    workplace.add_resident("Aubert")
    etienne = workplace.add_resident("Étienne", "e@example.org")
    mailed = workplace.add_resident("Mailly", "m@example.org")
    assert workplace.run() == ["Envoyé", "Envoyé"]
    edit(only=("etienne alix", mailed.lower(), etienne))
    (file,) = files()
    assert numbers(file) == [etienne, "", mailed, ""]
    assert edit(run="another", only=("aubert alix",)).sentence.startswith("1 courrier pour 1 structure")


def test_what_a_selection_does_not_find_is_named_and_nothing_is_printed(workplace: Workplace) -> None:
    """A name that two invoices bear is not guessed either."""
    number = workplace.add_resident("Aubert")
    assert edit(only=(number, "F-99", "Personne Alix")) == Ending(
        "Introuvable parmi les factures de septembre 2024 : F-99, Personne Alix. Rien n'a été imprimé.",
        failed=True,
    )
    other = workplace.add_resident("Aubert")
    outcome = edit(only=("AUBERT Alix",))
    assert outcome.failed
    assert number in outcome.sentence
    assert other in outcome.sentence
    assert files() == []
    assert printings(workplace) == []


def test_only_the_structures_that_were_asked_for(workplace: Workplace) -> None:
    """The others still wait."""
    add_structure(workplace.database, "ACACIAS")
    workplace.add_resident("Aubert")
    caron = workplace.add_resident("Caron", structure="ACACIAS")
    edit(structures=("ACACIAS",))
    (file,) = files()
    assert numbers(file) == [caron, ""]


def test_a_run_that_is_started_again_makes_neither_file_nor_dates(workplace: Workplace) -> None:
    """A Retry tells again what the run had done, even if more has come in meanwhile."""
    workplace.add_resident("Aubert")
    run = str(uuid4())
    outcome = edit(run=run)
    before = printings(workplace)
    workplace.add_resident("Blanc")
    assert edit(run=run) == outcome
    assert printings(workplace) == before
    assert len(files()) == 1


def test_a_run_that_was_killed_before_it_noted_the_dates_leaves_one_file(workplace: Workplace) -> None:
    """What it had written is unknown to the ledger: its Retry puts the file that is noted in its place."""
    number = workplace.add_resident("Aubert")
    run = str(uuid4())
    killed = subprocess.run([sys.executable, "-c", KILLED_AFTER_NAMING, run, PERIOD], capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    assert len(files()) == 1
    assert printings(workplace) == []
    outcome = edit(run=run)
    (file,) = files()
    assert str(file) in outcome.sentence
    assert numbers(file) == [number, ""]
    assert [row[2:] for row in printings(workplace)] == [(file.name, run)]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_lost_file_is_made_again_without_changing_dates(workplace: Workplace) -> None:
    """The same pages, the cover and its date included; a file that is there is left alone."""
    workplace.add_resident("Aubert")
    workplace.add_resident("Blanc", policy=RecipientPolicy.PAPER)
    edit()
    (file,) = files()
    content, before = pages(file), printings(workplace)
    assert "existe toujours" in print_again(file.name).sentence
    file.unlink()
    workplace.add_resident("Caron")
    outcome = print_again(f"var/impressions/{file.name}")
    assert not outcome.failed
    assert outcome.sentence.startswith("2 courriers pour 1 structure")
    assert files() == [file]
    assert pages(file) == content
    assert printings(workplace) == before


def test_an_unknown_file_cannot_be_made_again(workplace: Workplace) -> None:
    """The sentence names those that can."""
    workplace.add_resident("Aubert")
    edit()
    (file,) = files()
    outcome = print_again("courriers-1999-01.pdf")
    assert outcome.failed
    assert file.name in outcome.sentence
    assert files() == [file]


def test_an_imported_pdf_is_printed_as_it_is_at_its_place(workplace: Workplace) -> None:
    """Between two invoices that Facteur draws, and padded like them."""
    aubert, blanc, caron, duval = (workplace.add_resident(name) for name in ("Aubert", "Blanc", "Caron", "Duval"))
    import_pdf(workplace, blanc, foreign_pdf(f"une {blanc}", f"deux {blanc}", f"trois {blanc}"))
    import_pdf(workplace, caron, foreign_pdf(f"seule {caron}"))
    outcome = edit()
    (file,) = files()
    assert numbers(file) == [aubert, "", blanc, blanc, blanc, "", caron, "", duval, ""]
    assert [page.split()[0] for page in pages(file)[4:7]] == ["une", "deux", "trois"]
    unaddressed = outcome.page.partition("**Sans adresse postale**")[2].partition("| Structure |")[0]
    assert [number in unaddressed for number in (aubert, blanc, caron, duval)] == [True, False, False, True]


def test_an_imported_pdf_that_is_missing_is_named_and_still_waits(workplace: Workplace) -> None:
    """The others are printed, the run is red, and the document is not noted as printed."""
    aubert, blanc = (workplace.add_resident(name) for name in ("Aubert", "Blanc"))
    import_pdf(workplace, blanc, foreign_pdf("une page")).unlink()
    outcome = edit()
    assert outcome.failed
    assert f"{blanc} (BLANC Alix)" in outcome.sentence
    (file,) = files()
    assert numbers(file) == [aubert, ""]
    assert [s.coverage for s in workplace.standings()] == [Coverage.PRINTED, Coverage.WAITING]


def test_two_files_of_one_minute_do_not_replace_each_other(workplace: Workplace) -> None:
    """The second gets a name of its own."""
    workplace.add_resident("Aubert")
    edit("tout, même déjà envoyé ou imprimé")
    edit("tout, même déjà envoyé ou imprimé")
    edit("tout, même déjà envoyé ou imprimé")
    assert len(files()) == 3
    assert len({row[2] for row in printings(workplace)}) == 3
    assert all(os.stat(file).st_nlink == 1 for file in files())


@pytest.mark.parametrize(
    ("period", "structures", "said"),
    [
        pytest.param("septembre", [], "La période « septembre » n'est pas reconnue", id="period"),
        pytest.param(PERIOD, ["X"], "Structure inconnue : X. Structures connues : TILLEULS", id="structure"),
    ],
)
def test_a_wrong_parameter_is_answered_in_french(
    workplace: Workplace, period: str, structures: list[str], said: str
) -> None:
    """As the mailing does."""
    scope = read_scope(datetime(2024, 10, 5, tzinfo=PARIS), period, structures)
    assert isinstance(scope, Refusal)
    assert said in scope.sentence
