"""Each line of the check, green and red, on real parts: both databases, a real SMTP server, real folders."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from flows.cli.__main__ import main
from models.database.clock import utc_now
from models.database.session import engine, writing
from models.rules.recipients import Recipient, Role
from models.tables.import_run import ImportRun
from models.tables.invoice import Invoice
from models.tables.organisation import Structure, Wording
from models.tables.people import Resident
from models.values.period import Period
from models.values.relay import Relay, Security
from settings.load import load_settings
from tasks.checking.before import before_campaign
from tasks.checking.configuration import check_configuration
from tasks.checking.facts import Facts, Mailing
from tasks.checking.pace import check_pace
from tasks.checking.page import headline, render_report
from tasks.checking.relay import Account
from tasks.checking.result import SUBJECT, Finding, Light, Report
from tasks.checking.storage import disk_light
from tasks.checking.words import GB, MB
from tasks.composing import archive
from tasks.kinds.invoice import INVOICES
from tasks.kinds.reminder import REMINDERS
from tasks.relays.finding import find_relays
from tests.smtp_server import certificates
from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.script import How, Moment, Rule
from tests.workplace import Workplace, add_structure

GREEN, ORANGE, RED, UNCHECKED = Light.GREEN, Light.ORANGE, Light.RED, Light.UNCHECKED
CLIENT_ID = "00000000-0000-0000-0000-000000000001"
STEPS = ("relay-name", "relay-answer", "relay-tls", "relay-login")


def lines(report: Report, key: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.key == key]


def line(key: str, *structures: str) -> Finding:
    """The one line of a key."""
    (finding,) = lines(check_configuration(structures), key)
    return finding


def lights(report: Report, *keys: str) -> list[Light]:
    return [lines(report, key)[0].light for key in keys]


def before() -> str | None:
    carriers = find_relays(())
    assert not carriers.missing, carriers
    refusal = before_campaign((), carriers, INVOICES)
    return refusal.sentence if refusal else None


@pytest.fixture
def office(workplace: Workplace) -> Workplace:
    """A workplace in which nothing is wrong: data imported today, and one resident."""
    with writing(workplace.database) as session:
        session.add(ImportRun(imported_at=utc_now(), source="essai"))
    workplace.add_resident("Mailly", "josiane@example.org", "tuteur@example.org")
    return workplace


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets FACTEUR_SMTP__... variables."""

    def put(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"FACTEUR_SMTP__{name.upper()}", str(value))

    return put


def test_everything_is_green_and_nothing_was_sent(office: Workplace) -> None:
    """Every subject has a line, the campaign may begin, and the relay saw no recipient and a goodbye."""
    report = check_configuration()
    assert [f for f in report.findings if f.light in {ORANGE, RED}] == []
    assert [f.key for f in report.findings if f.light is UNCHECKED] == ["server", "login"]
    assert {f.key for f in report.findings} == set(SUBJECT)
    assert not report.failed
    assert headline(report).startswith("Tout est vert")
    assert office.relay.connections == 1
    verbs = [command.split()[0] for command in office.relay.commands()]
    assert verbs == ["ehlo", "MAIL", "RSET", "QUIT"]
    assert before() is None
    assert office.relay.messages() == []
    assert office.deliveries() == []


def test_a_database_that_is_not_there_is_red_and_is_not_made(
    office: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What leans on it is not checked, and says so; the folders still are."""
    gone = tmp_path / "gone.db"
    monkeypatch.setenv("FACTEUR_DATABASE_URL", f"sqlite:///{gone}")
    report = check_configuration()
    assert lights(report, "database", "relay", "sender", "wording", "addresses", "pace") == [
        RED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
    ]
    assert lights(report, "archive", "disk") == [GREEN, GREEN]
    assert set(SUBJECT) == {f.key for f in report.findings}
    assert not gone.exists()


def test_a_database_that_does_not_open_is_red(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, office: Workplace
) -> None:
    """A file that is no database, and a server that is not there; no password is shown."""
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    for url in (f"sqlite:///{tmp_path / 'broken.db'}", f"postgresql://u:s3cret@127.0.0.1:{port}/facteur"):
        monkeypatch.setenv("FACTEUR_DATABASE_URL", url)
        report = check_configuration()
        assert lights(report, "database", "structures") == [RED, UNCHECKED]
        assert "ne s'ouvre pas" in lines(report, "database")[0].observed
        assert "s3cret" not in render_report(report)
        engine(url).dispose()


def test_an_outdated_schema_is_red(office: Workplace) -> None:
    """And the remedy names the command."""
    with engine(office.database).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = line("database")
    assert found.light is RED
    assert "facteur migrate" in found.remedy


def test_a_wrong_setting_is_a_red_line_that_names_it(office: Workplace, use: Callable[..., None]) -> None:
    """Nothing else can be checked then."""
    use(port="beaucoup")
    report = check_configuration()
    assert lights(report, "settings", "database", "archive", "relay") == [RED, UNCHECKED, UNCHECKED, UNCHECKED]
    assert "FACTEUR_SMTP__PORT" in lines(report, "settings")[0].observed


def test_an_unknown_structure_is_red(office: Workplace) -> None:
    """The others are not checked in its place."""
    report = check_configuration(["INCONNUE"])
    assert lights(report, "structures", "relay", "wording") == [RED, UNCHECKED, UNCHECKED]
    assert "INCONNUE" in lines(report, "structures")[0].observed
    assert office.relay.connections == 0


@pytest.mark.parametrize(("days", "light"), [(0, GREEN), (40, ORANGE)])
def test_an_old_import_is_orange(office: Workplace, days: int, light: Light) -> None:
    """A month without data is worth a look, and stops nothing."""
    with writing(office.database) as session:
        session.execute(update(ImportRun).values(imported_at=utc_now() - timedelta(days=days)))
    assert line("import").light is light


def test_no_relay_without_a_server_is_red(office: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks cannot be read then, and the senders remain unchecked."""
    monkeypatch.delenv("FACTEUR_SMTP__HOST")
    report = check_configuration()
    assert lights(report, "relay", *STEPS, "sender") == [RED, UNCHECKED, UNCHECKED, UNCHECKED, UNCHECKED, UNCHECKED]
    assert "FACTEUR_SMTP__HOST" in lines(report, "relay")[0].remedy


def test_a_relay_that_would_be_in_clear_is_red(office: Workplace, use: Callable[..., None]) -> None:
    """It is not even called."""
    use(host="smtp.example.invalid", security="none")
    report = check_configuration()
    assert lights(report, "relay", *STEPS) == [RED, UNCHECKED, UNCHECKED, UNCHECKED, UNCHECKED]
    assert "en clair" in lines(report, "relay")[0].observed


def test_a_name_that_does_not_resolve_is_red(office: Workplace, use: Callable[..., None]) -> None:
    """RFC 2606: no .invalid name exists. What follows is not checked."""
    use(host="smtp.facteur.invalid", security="starttls")
    report = check_configuration()
    assert lights(report, "relay", *STEPS, "relay-size", "sender") == [
        GREEN,
        RED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
    ]
    assert "smtp.facteur.invalid" in lines(report, "relay-name")[0].subject
    sentence = before()
    assert sentence is not None
    assert sentence.startswith("Arrêt : smtp.facteur.invalid:")
    assert sentence.endswith("Rien n'a été envoyé.")


def test_a_closed_port_is_red(office: Workplace) -> None:
    """The name was found; before a campaign it is one sentence, with what to do."""
    office.relay.stop()
    report = check_configuration()
    assert lights(report, *STEPS, "sender") == [GREEN, RED, UNCHECKED, UNCHECKED, UNCHECKED]
    assert before() == (
        f"Arrêt : 127.0.0.1:{office.relay.port} : Le serveur de messagerie refuse la connexion (connexion refusée). "
        "Vérifier le nom du serveur, le port et le pare-feu (port 587 en général). Rien n'a été envoyé."
    )


def test_a_server_that_closes_its_door_asks_to_wait(office: Workplace) -> None:
    """A check does not try again, so its remedy does not say so."""
    office.relay.script(Rule(Moment.BANNER, "421 4.3.2 try later"))
    found = line("relay-answer")
    assert (found.light, found.remedy) == (RED, "Attendre que le serveur réponde de nouveau, puis recommencer.")


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_is_verified(
    office: Workplace, tmp_path: Path, use: Callable[..., None], security: Security
) -> None:
    """Green with the authority that signed it, red with another one, and then nobody logs in."""
    good = certificates.good(tmp_path / "good")
    with ScriptedServer(tmp_path / "a", security=security, certificate=good, user="u", password="p") as server:
        use(host="localhost", port=server.port, security=security.value, ca_file=good.authority, user="u", secret="p")
        report = check_configuration()
        assert lights(report, *STEPS, "sender", "relay-size", "relay-dsn") == [GREEN] * 7
        assert security.value.upper() in lines(report, "relay-tls")[0].observed
    bad = certificates.unknown_authority(tmp_path / "bad")
    with ScriptedServer(tmp_path / "b", security=security, certificate=bad, user="u", password="p") as server:
        use(port=server.port, ca_file=bad.authority)
        report = check_configuration()
        assert lights(report, *STEPS, "sender") == [GREEN, GREEN, RED, UNCHECKED, UNCHECKED]
        assert "certificat" in (before() or "")
        assert not [command for command in server.commands() if command.startswith(("AUTH", "MAIL"))]


def test_an_authority_file_that_is_none_is_red_and_the_server_is_not_called(
    office: Workplace, tmp_path: Path, use: Callable[..., None]
) -> None:
    """Nothing green is said of what was not tried."""
    (tmp_path / "ca.pem").write_text("rien")
    use(host="localhost", security="starttls", ca_file=tmp_path / "ca.pem")
    report = check_configuration()
    assert lights(report, "relay-tls", "relay-name", "relay-answer", "relay-login") == [
        RED,
        UNCHECKED,
        UNCHECKED,
        UNCHECKED,
    ]
    assert office.relay.connections == 0


def test_a_wrong_password_is_one_login_and_red(office: Workplace, tmp_path: Path, use: Callable[..., None]) -> None:
    """Accounts lock: two structures on one account make one login, and the password is nowhere."""
    add_structure(office.database, "ACACIAS")
    office.add_resident("Blanc", "b@example.org", structure="ACACIAS")
    with ScriptedServer(tmp_path / "login", user="compte", password="bon") as server:
        use(port=server.port, user="compte", secret="m4uvais")
        report = check_configuration()
        assert server.failed_logins == 1
        assert lights(report, *STEPS, "sender") == [GREEN, GREEN, GREEN, RED, UNCHECKED]
        assert "m4uvais" not in render_report(report) + headline(report)
        assert "535" in (before() or "")
        assert server.failed_logins == 2
        use(secret="bon")
        assert lights(check_configuration(), "relay-login", "sender") == [GREEN, GREEN]


@pytest.mark.parametrize(
    ("rule", "light"),
    [
        pytest.param(Rule(Moment.MAIL, "550 5.7.60 client not allowed", sender="*@acacias*"), RED, id="550 5.7.60"),
        pytest.param(Rule(Moment.MAIL, "501 5.1.7 bad sender", sender="*@acacias*"), RED, id="501"),
        pytest.param(Rule(Moment.MAIL, how=How.DROP, sender="*@acacias*"), RED, id="dropped"),
        pytest.param(Rule(Moment.MAIL, "451 4.3.0 later", sender="*@acacias*"), ORANGE, id="later"),
    ],
)
def test_each_sender_is_asked_for(office: Workplace, rule: Rule, light: Light) -> None:
    """The refused one has its own line with its structure; the other one is taken, on a new connection if need be."""
    add_structure(office.database, "ACACIAS")
    office.add_resident("Blanc", "b@example.org", structure="ACACIAS")
    office.relay.script(rule)
    taken, refused = lines(check_configuration(), "sender")
    assert (taken.light, taken.observed) == (GREEN, "1 expéditeur accepté : facturation@tilleuls.example")
    assert refused.light is light
    assert "ACACIAS (facturation@acacias.example)" in refused.subject
    sentence = before()
    assert (sentence is None) is (light is ORANGE)
    assert office.relay.messages() == []


@pytest.mark.parametrize(
    ("values", "column"),
    [
        pytest.param({"sender_email": ""}, "expediteur_email", id="none"),
        pytest.param({"sender_email": "pas une adresse"}, "expediteur_email", id="no address"),
        pytest.param({"reply_to": "a@b@c"}, "repondre_a", id="no address to reply to"),
    ],
)
def test_a_sender_that_cannot_be_written_is_red(office: Workplace, values: dict[str, str], column: str) -> None:
    """The relay is not asked for it, and the remedy names the column."""
    with writing(office.database) as session:
        session.execute(update(Structure).values(**values))
    found = line("sender")
    assert found.light is RED
    assert column in found.remedy
    assert column in (before() or "")
    assert not [command for command in office.relay.commands() if command.startswith("MAIL")]


def test_a_structure_without_invoices_does_not_stop_a_campaign(office: Workplace) -> None:
    """Its missing sender is red in the check, and nobody waits for it."""
    add_structure(office.database, "SIEGE")
    with writing(office.database) as session:
        session.execute(update(Structure).where(Structure.code == "SIEGE").values(sender_email=""))
    assert RED in [f.light for f in lines(check_configuration(), "sender")]
    assert before() is None


def give_pdf(office: Workplace, number: str, size: int) -> None:
    """An imported PDF of this size: a sparse file, which takes no room."""
    folder = load_settings().archive
    key = archive.put(folder, number.encode())
    with (folder / key[:2] / key).open("r+b") as file:
        file.truncate(size)
    with writing(office.database) as session:
        session.execute(update(Invoice).where(Invoice.number == number).values(pdf_key=key))


@pytest.mark.parametrize(
    ("announced", "pdf", "light"),
    [
        pytest.param(10 * MB, 1 * MB, GREEN, id="enough"),
        pytest.param(0, 1 * MB, GREEN, id="no limit"),
        pytest.param(10 * MB, 8 * MB, ORANGE, id="one PDF is too large once encoded"),
        pytest.param(100_000, 1_000, RED, id="no invoice fits"),
    ],
)
def test_the_size_that_the_relay_takes(office: Workplace, announced: int, pdf: int, light: Light) -> None:
    """Compared with the largest imported PDF, which is named, and with what Facteur draws."""
    number = office.add_resident("Blanc", "b@example.org")
    give_pdf(office, number, pdf)
    office.relay.script(size=announced)
    found = line("relay-size")
    assert found.light is light
    assert (number in found.observed) is (light is ORANGE)


def test_a_relay_that_offers_no_notices_is_orange(office: Workplace, tmp_path: Path, use: Callable[..., None]) -> None:
    """It stops nothing."""
    good = certificates.good(tmp_path / "good")
    with ScriptedServer(tmp_path / "a", security=Security.STARTTLS, certificate=good, hide=["DSN"]) as server:
        use(host="localhost", port=server.port, security="starttls", ca_file=good.authority)
        assert line("relay-dsn").light is ORANGE
        assert before() is None


def test_the_limits_say_how_long_the_next_campaign_takes(office: Workplace, use: Callable[..., None]) -> None:
    """Two addresses at one a minute are two minutes; with a quota of one a day they are two days."""
    use(messages_per_minute=1)
    found = line("pace")
    assert found.light is GREEN
    assert "2 messages pour septembre 2024, environ 2 min" in found.observed
    use(daily_quota=1)
    found = line("pace")
    assert found.light is ORANGE
    assert "sur 2 jours" in found.observed


@pytest.mark.parametrize(
    ("limits", "light"),
    [
        ((30, 10_000, 3), GREEN),
        ((0, 10_000, 3), ORANGE),
        ((31, 10_000, 1), ORANGE),
        ((30, 0, 1), ORANGE),
        ((30, 10_000, 4), ORANGE),
    ],
)
def test_limits_beyond_those_of_microsoft_are_orange(limits: tuple[int, int, int], light: Light) -> None:
    """30 messages a minute, 10,000 a day, three connections."""
    rate, quota, connections = limits
    relay = Relay("smtp.office365.com", 587, messages_per_minute=rate, daily_quota=quota, connections=connections)
    mailing = Mailing("T", 1, "MAILLY Josiane", "F1", "", (Recipient("j@example.org", Role.RESIDENT),))
    facts = Facts(period=Period(2024, 9), mailings=(mailing,))
    assert check_pace(Account(relay, "bloc"), facts).light is light


@pytest.mark.parametrize(
    ("kind", "body", "light"),
    [
        pytest.param("invoice", "Bonjour, la facture de &personne pour &periode.", GREEN, id="invoice"),
        pytest.param("invoice", "Bonjour, la facture de &persone.", RED, id="slip in an invoice"),
        pytest.param("reminder-1", "&client doit &montant_du avant le &date_limite.", GREEN, id="reminder"),
        pytest.param("reminder-2", "&client doit &montan_du.", RED, id="slip in a reminder"),
        pytest.param("reminder-3", "Une indemnité forfaitaire de 40 € est due.", RED, id="not for a consumer"),
    ],
)
def test_every_wording_is_read_and_written(office: Workplace, kind: str, body: str, light: Light) -> None:
    """A slip is red, with its structure and kind; that of a reminder does not stop the invoices."""
    with writing(office.database) as session:
        owner = session.scalars(select(Structure)).one()
        session.add(Wording(structure_id=owner.id, kind=kind, subject="Objet", body=body))
    found = lines(check_configuration(), "wording")[-1]
    assert found.light is light
    carriers = find_relays(())
    assert not carriers.missing, carriers
    of_kind = {True: INVOICES, False: REMINDERS}
    assert before_campaign((), carriers, of_kind[kind != "invoice"]) is None
    assert (before_campaign((), carriers, of_kind[kind == "invoice"]) is None) is (light is GREEN)
    if light is RED:
        assert "TILLEULS" in found.subject


def test_new_and_changed_addresses_are_orange_and_listed(office: Workplace) -> None:
    """Before the first campaign none is; a trial serves nobody; after it, who is new and who has another address."""
    assert line("addresses").light is GREEN
    office.run(redirect="essai@example.org")
    assert "premier envoi" in line("addresses").observed
    office.run()
    assert line("addresses").light is GREEN
    office.add_resident("Blanc", "blanc@example.org")
    with writing(office.database) as session:
        session.execute(update(Resident).where(Resident.last_name == "Mailly").values(email="Nouvelle@example.org"))
    report = check_configuration()
    assert [(f.light, f.observed) for f in lines(report, "addresses")] == [
        (ORANGE, "1 nouvelle adresse."),
        (ORANGE, "1 adresse changée depuis le dernier envoi."),
    ]
    assert sorted((a.name, a.address, a.former) for a in report.new_addresses) == [
        ("BLANC Alix", "blanc@example.org", ""),
        ("MAILLY Alix", "Nouvelle@example.org", "josiane@example.org"),
    ]
    page = render_report(report)
    assert "josiane@example.org" in page
    assert not report.failed
    assert before() is None


def test_the_next_campaign_is_of_the_latest_month_that_has_begun(office: Workplace) -> None:
    """An invoice of next year is not counted."""
    number = office.add_resident("Futur", "futur@example.org")
    with writing(office.database) as session:
        period = f"{date.today().year + 1}-01"  # noqa: DTZ011
        session.execute(update(Invoice).where(Invoice.number == number).values(period=period))
    assert "2 messages pour septembre 2024" in line("pace").observed


@pytest.mark.parametrize(("folder", "key"), [("archive", "archive"), ("impressions", "prints")])
def test_a_folder_that_cannot_be_written_is_red(office: Workplace, folder: str, key: str) -> None:
    """A file in its place; root may write everywhere else. The printings are no matter of an e-mail campaign."""
    var = load_settings().var
    assert line(key).light is GREEN
    assert not list((var / "impressions").iterdir())
    assert not [path for path in (var / "archive").rglob("*") if path.is_file()]
    for path in sorted((var / folder).rglob("*"), reverse=True):
        path.rmdir()
    (var / folder).rmdir()
    (var / folder).write_text("un fichier")
    found = line(key)
    assert found.light is RED
    assert "un fichier occupe la place du dossier" in found.observed
    assert (before() is None) is (key == "prints")


def test_an_imported_pdf_that_is_gone_is_orange(office: Workplace) -> None:
    """It is named: that one invoice cannot leave."""
    number = office.add_resident("Blanc", "b@example.org")
    with writing(office.database) as session:
        session.execute(update(Invoice).where(Invoice.number == number).values(pdf_key="0" * 64))
    found = line("pdfs")
    assert found.light is ORANGE
    assert number in found.observed


def test_a_disk_without_room_for_the_next_campaign_is_red(office: Workplace) -> None:
    """A PDF of ten terabytes, which is a sparse file, has no room twice."""
    give_pdf(office, office.add_resident("Blanc", "b@example.org"), 10_000 * GB)
    assert line("disk").light is RED
    assert "Libérer de la place" in (before() or "")


@pytest.mark.parametrize(
    ("free", "needed", "light"),
    [
        (3 * GB, 0, GREEN),
        (2 * GB - 1, 0, ORANGE),
        (200 * MB, 0, ORANGE),
        (200 * MB - 1, 0, RED),
        (3 * GB, 3 * GB + 1, RED),
    ],
)
def test_how_much_room_is_enough(free: int, needed: int, light: Light) -> None:
    """Orange under 2 GB, red under 200 MB or under what is needed."""
    assert disk_light(free, needed) is light


def test_the_command_prints_the_table_or_json(office: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without a red line and 1 with one; the keys of the JSON stay."""
    assert main(["check"]) == 0
    printed = capsys.readouterr().out
    assert all(subject in printed for subject in SUBJECT.values())
    assert "Tout est vert" in printed
    office.relay.stop()
    assert main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert set(found) == {"ok", "checks", "new_addresses"}
    assert set(found["checks"][0]) == {"check", "about", "state", "observed", "detail", "remedy"}
    assert [c["check"] for c in found["checks"] if c["state"] == "red"] == ["relay-answer"]


def test_without_a_token_the_server_is_not_called(office: Workplace, use: Callable[..., None]) -> None:
    """The authority of OAuth2 is asked first: nothing green is said of the server behind it."""
    use(user="u@example.org", secret="s", mechanism="XOAUTH2", tenant="exemple.onmicrosoft.com", client_id=CLIENT_ID)
    use(authority="https://authority.facteur.invalid")
    report = check_configuration()
    steps = ("relay-login", "relay-name", "relay-answer", "relay-tls", "sender")
    assert lights(report, *steps) == [RED, UNCHECKED, UNCHECKED, UNCHECKED, UNCHECKED]
    assert office.relay.connections == 0
