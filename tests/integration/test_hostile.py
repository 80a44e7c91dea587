"""What an import may hold to do harm is refused with a sentence, or leaves as harmless text: tried up to the relay."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import os
import re
import threading
from collections.abc import Callable
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.imports.run import import_here
from tasks.pages.rendering import cell
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.record import StoredMessage
from tests.smtp_server.script import Moment, Rule
from tests.workplace import Workplace

Tables = dict[str, dict[str, str]]

HEADERS = {
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "auto-submitted",
    "x-auto-response-suppress",
}
RESIDENT, GUARDIAN, SENDER = "josiane@example.org", "anne@tutelles.example", "facturation@tilleuls.example"

# Every cell that reaches a message, and that a hostile text is put into.
FIELDS = {
    "structures": ("nom", "association", "adresse", "ville", "expediteur_nom", "objet_mail", "texte_mail"),
    "tuteurs": ("nom", "prenom", "organisme"),
    "residents": ("nom", "prenom", "civilite"),
    "factures": ("numero",),
    "lignes": ("libelle",),
}
ADDRESS_FIELDS = {
    "structures": ("expediteur_email", "repondre_a"),
    "tuteurs": ("email",),
    "residents": ("email",),
}


def tables() -> Tables:
    """One row a file."""
    return {
        "structures": {
            "code": "S1",
            "nom": "Les Tilleuls",
            "association": "Les Rives",
            "adresse": "1 rue A",
            "ville": "Lyon",
            "expediteur_nom": "Les Tilleuls",
            "expediteur_email": SENDER,
            "repondre_a": "accueil@tilleuls.example",
            "objet_mail": "Facture de &periode",
            "texte_mail": "Bonjour &personne",
        },
        "tuteurs": {"code": "T1", "nom": "LE BIHAN", "prenom": "Anne", "organisme": "UDAF", "email": GUARDIAN},
        "residents": {
            "structure": "S1",
            "code": "R1",
            "civilite": "Mme",
            "nom": "MAILLY",
            "prenom": "Josiane",
            "email": RESIDENT,
            "code_tuteur": "T1",
        },
        "factures": {
            "structure": "S1",
            "numero": "F1",
            "code_resident": "R1",
            "periode": "2024-09",
            "date_facture": "30/09/2024",
            "montant_ht": "10,00",
            "montant_ttc": "10,00",
        },
        "lignes": {"numero_facture": "F1", "libelle": "Hébergement", "montant": "10,00"},
    }


def write(folder: Path, rows: Tables) -> Path:
    folder.mkdir(exist_ok=True)
    for name, row in rows.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, row, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerow(row)
        (folder / f"{name}.csv").write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
    return folder


@pytest.fixture
def office(
    tmp_path: Path, sqlite_template: Path, relay: ScriptedServer, settings_for: Callable[[str, ScriptedServer], None]
) -> Workplace:
    """Empty: all comes from imports."""
    url = f"sqlite:///{tmp_path / 'facteur.db'}"
    (tmp_path / "facteur.db").write_bytes(sqlite_template.read_bytes())
    settings_for(url, relay)
    return Workplace(url, relay)


HOSTILE = [
    pytest.param("X\r\nBcc: pirate@evil.example\r\n\r\nCliquez ici", id="CR LF and a header"),
    pytest.param("X\nBcc: pirate@evil.example", id="LF and a header"),
    pytest.param("X\rTo: pirate@evil.example", id="CR and a header"),
    pytest.param("X\x0bBcc: pirate@evil.example\x0c", id="other line ends"),
    pytest.param("X\x85Bcc: pirate@evil.example\u2028\u2029", id="Unicode line ends"),
    pytest.param("=?utf-8?q?X=0D=0ABcc:_pirate@evil.example?=", id="an encoded word"),
    pytest.param('X" <pirate@evil.example>, "Y', id="quotes and brackets of an address"),
    pytest.param("X <pirate@evil.example>", id="an address as a name"),
    pytest.param("pirate@evil.example,", id="a second address"),
    pytest.param("{{ 7*7 }}{% for x in y %}${7*7}#{7*7}{{config}}%s{0}", id="template syntax"),
    pytest.param("<script>alert(1)</script><img src=x onerror=alert(2)>", id="HTML"),
    pytest.param("</p></body></html>\r\n.\r\nMAIL FROM:<a@evil.example>", id="the end of the message"),
    pytest.param("\u202egpj.exe\u202c\u2066x\u2069", id="right to left"),
    pytest.param("Mai\u200bl\u200cl\u200dy\ufeff", id="zero width"),
    pytest.param("X\x01\x1b[31m\x7f", id="control characters"),
    pytest.param("'; DROP TABLE deliveries; --", id="SQL"),
    pytest.param("../../../etc/passwd", id="a path"),
    pytest.param('=HYPERLINK("http://evil.example")', id="a formula"),
    pytest.param("é" * 5000, id="very long"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_refused_or_leaves_as_text(office: Workplace, tmp_path: Path, text: str) -> None:
    """In every field at once: what is refused is named on one line, what is accepted adds nothing to any message."""
    rows = tables()
    for table, fields in FIELDS.items():
        for field in fields:
            rows[table][field] = text
    rows["lignes"]["numero_facture"] = rows["factures"]["numero"]
    harmless = tables()
    for _ in range(4):  # a refused number hides the faults of what refers to it
        report = import_here(str(write(tmp_path / "import", rows)))
        for fault in map(str, report.faults):
            place = re.match(r"(\w+)\.csv, ligne \d+, colonne (\w+) : ", fault)
            assert place, fault
            assert fault.isprintable()
            rows[place[1]][place[2]] = harmless[place[1]][place[2]]
            if place[2] == "numero":
                rows["lignes"]["numero_facture"] = harmless["factures"]["numero"]
        if not report.faults:
            break
    else:
        raise AssertionError(report.faults)
    assert office.run() == ["Envoyé"]
    messages = office.relay.messages()
    assert sorted(message.recipients for message in messages) == [(GUARDIAN,), (RESIDENT,)]
    for message in messages:
        check_message(message, text)


def check_message(message: StoredMessage, text: str) -> None:
    """The headers and parts of every mail of Facteur, no more, and nothing in them that runs."""
    mail = email.message_from_bytes(message.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    names = [name.lower() for name in mail]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= HEADERS
    for name, wanted in (("from", SENDER), ("to", message.recipients[0]), ("reply-to", "accueil@tilleuls.example")):
        header = mail[name]
        assert isinstance(header, AddressHeader)
        assert [address.addr_spec for address in header.addresses] == [wanted]
    assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]", str(mail["subject"]))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    body = page.get_content()
    assert "<script" not in body
    assert "<img" not in body
    assert "49" not in plain.get_content().replace(str(mail["date"]), "")
    if "{{" in text:
        assert "{{ 7*7 }}" in plain.get_content()
    (attachment,) = mail.iter_attachments()
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}\.pdf", attachment.get_filename() or "")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("a@example.org\r\nBcc: pirate@evil.example", id="a header"),
        pytest.param("a@example.org>\r\nRCPT TO:<pirate@evil.example", id="a command"),
        pytest.param("a@example.org NOTIFY=NEVER", id="a parameter of RCPT"),
        pytest.param("\u202egro.elpmaxe@a", id="right to left"),
        pytest.param("a\u200b@example.org", id="zero width"),
        pytest.param("a@ex\u0430mple.org\u200d", id="zero width joiner in the domain"),
        pytest.param("a@example.org\x01", id="a control character"),
        pytest.param("%61@example.org@evil.example", id="two at signs"),
        pytest.param("@evil.example:a@example.org", id="a source route"),
        pytest.param("a!b@example.org,pirate@evil.example", id="two addresses"),
    ],
)
def test_a_hostile_address_is_refused_wherever_it_stands(office: Workplace, tmp_path: Path, address: str) -> None:
    """Four columns hold addresses; each is named, nothing is stored, nothing leaves."""
    rows = tables()
    for table, fields in ADDRESS_FIELDS.items():
        for field in fields:
            rows[table][field] = address
    report = import_here(str(write(tmp_path / "import", rows)))
    named = {match[0] for fault in report.faults if (match := re.match(r"\w+\.csv, ligne 2, colonne \w+", str(fault)))}
    wanted = {f"{t}.csv, ligne 2, colonne {field}" for t, fields in ADDRESS_FIELDS.items() for field in fields}
    assert named == wanted
    assert all(str(fault).isprintable() for fault in report.faults)
    assert office.deliveries() == []


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "f1.pdf")


def a_link(folder: Path) -> None:
    (folder / "f1.pdf").symlink_to("/etc/hostname")


def a_folder(folder: Path) -> None:
    (folder / "f1.pdf").mkdir()


def a_device(folder: Path) -> None:
    (folder / "f1.pdf").symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [a_pipe, a_link, a_folder, a_device])
def test_a_pdf_that_is_no_file_is_refused_at_once(
    office: Workplace, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """It would wait for ever, never end, or show a foreign file."""
    rows = tables()
    rows["factures"]["fichier_pdf"] = "f1.pdf"
    folder = write(tmp_path / "import", rows)
    make(folder)
    reports = []
    importing = threading.Thread(target=lambda: reports.append(import_here(str(folder))), daemon=True)
    importing.start()
    importing.join(20)
    assert reports, "the import waits"
    (fault,) = reports[0].faults
    assert "factures.csv, ligne 2, colonne fichier_pdf" in str(fault)
    assert str(fault).isprintable()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("550 5.1.1 <script>alert(1)</script> | a | b |", id="HTML and a table"),
        pytest.param("550 5.1.1 [Cliquez](javascript:alert(1)) ![x](http://evil.example/x.png)", id="Markdown"),
        pytest.param("550 5.1.1 " + "\x1b]0;x\x07\x00\x08" * 20, id="terminal"),
        pytest.param("550 5.1.1 " + "\u202e" + "A" * 5000, id="long, right to left"),
    ],
)
def test_what_a_relay_says_is_kept_as_harmless_text(office: Workplace, tmp_path: Path, reply: str) -> None:
    """The server's words go into the ledger and onto pages: one line, nothing that runs, not for ever long."""
    import_here(str(write(tmp_path / "import", tables())))
    office.relay.script(Rule(Moment.RCPT, reply))
    assert office.run() == ["Refusé"]
    for standing in office.standings():
        for delivery in standing.deliveries:
            shown = cell(delivery.evidence)
            assert len(shown) < 1500
            assert shown.isprintable()
            assert not re.search(r"<|(?<!\\)[|\[\]]", shown)


@given(st.text(max_size=200))
def test_no_text_leaves_its_cell(text: str) -> None:
    """Names and replies stand in tables of pages that Prefect shows as HTML."""
    shown = cell(text)
    assert "\n" not in shown
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
