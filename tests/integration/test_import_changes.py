"""What an import would change is shown by name, and what is dangerous about it is not written without a person."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flows.cli.commands.import_folder import run
from models.database.session import reading, writing
from models.reading.address_alerts import read_alerts
from models.rules.recipients import Role
from models.tables.campaign import Campaign
from models.tables.import_run import ImportRun
from models.values.campaign import REAL
from models.values.kinds import INVOICE, REMINDER
from tasks.imports.changes import Change
from tasks.imports.report import Outcome
from tasks.imports.run import Consent
from tests.integration.small_import import NOW, accepted, bring, everything, only, write
from tests.integration.test_import_sent import deliver

IBAN_BEFORE, IBAN_AFTER = "FR7630006000011234567890189", "FR7630001007941234567890185"
PEOPLE = 12


def shown(changes: Sequence[Change]) -> list[tuple[str, str, str, str]]:
    return [(change.subject.value, change.whose, change.before, change.after) for change in changes]


@pytest.mark.parametrize(
    ("changed", "dangerous"),
    [
        pytest.param(
            ("residents.csv", "josiane@example.org", "autre@example.org"),
            [("address", "MAILLY Josiane", "josiane@example.org", "autre@example.org")],
            id="the address of somebody who was served",
        ),
        pytest.param(
            ("residents.csv", "josiane@example.org", ""),
            [("address", "MAILLY Josiane", "josiane@example.org", "")],
            id="the address of somebody who was served, emptied",
        ),
        pytest.param(
            ("residents.csv", "Zoé;anne@tutelles.test", "Zoé;zoe@example.org"), [], id="an address that served nobody"
        ),
        pytest.param(
            ("residents.csv", "josiane@example.org", "Josiane@Example.org"), [], id="another case of an address"
        ),
        pytest.param(
            ("residents.csv", "Josiane;josiane@example.org;T1", "Josiane;josiane@example.org;T2"),
            [("guardian", "MAILLY Josiane", "LE BIHAN Anne (T1)", "GOFF Luc (T2)")],
            id="another guardian",
        ),
        pytest.param(
            ("residents.csv", "MAILLY;Josiane", "PERSONNE;Autre"),
            [("name", "MAILLY Josiane", "MAILLY Josiane", "PERSONNE Autre")],
            id="another person behind a code with sendings",
        ),
        pytest.param(("residents.csv", "MAILLY;Josiane", "Maïlly;JOSIANE"), [], id="case and accents"),
        pytest.param(("residents.csv", "ÇELIK;Zoé", "PERSONNE;Autre"), [], id="a code that nothing was sent for"),
        pytest.param(
            ("structures.csv", IBAN_BEFORE, IBAN_AFTER),
            [("iban", "Les Tilleuls", "FR76 3000 6000 0112 3456 7890 189", "FR76 3000 1007 9412 3456 7890 185")],
            id="an IBAN",
        ),
        pytest.param(("factures.csv", "75,50;0;75,50", "80;0;80"), [], id="an amount"),
    ],
)
def test_what_is_dangerous_is_shown_and_not_written(
    changed: tuple[str, str, str], dangerous: list[tuple[str, str, str, str]], database_url: str, tmp_path: Path
) -> None:
    """Without anything dangerous, an import asks nothing; with it, nothing is written until somebody takes it."""
    with_iban = [
        ("structures.csv", ";siret;", ";siret;iban;"),
        ("structures.csv", ";73282932000074;", f";73282932000074;{IBAN_BEFORE};"),
    ]
    with_iban += [("structures.csv", "S2;Horizon;Les Rives;;;;", "S2;Horizon;Les Rives;;;;;")]
    accepted(write(tmp_path / "first", *with_iban), database_url)
    deliver(database_url, "F1")
    before = everything(database_url)
    newer = write(tmp_path / "newer", *with_iban, changed)
    report = bring(newer, database_url)
    assert shown(report.dangerous) == dangerous
    assert report.outcome is (Outcome.WAITING if dangerous else Outcome.ACCEPTED)
    assert (everything(database_url) == before) == bool(dangerous)
    if dangerous:
        assert bring(newer, database_url, consent=Consent("AB", "another digest")).outcome is Outcome.WAITING
        assert everything(database_url) == before
        taken = bring(newer, database_url, consent=Consent("AB", report.digest))
        assert taken.accepted
        assert taken.message.endswith(": accord de AB.")
        assert everything(database_url) != before
        with reading(database_url) as session:
            record = session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
            assert record is not None
            assert (record.initials, record.dangerous, record.digest) == ("AB", len(dangerous), report.digest)
        again = bring(newer, database_url)
        assert (again.outcome, again.changes) == (Outcome.ACCEPTED, ())


def test_every_kind_of_change_is_shown_with_old_and_new(database_url: str, tmp_path: Path) -> None:
    """Amounts, balances, debtors, policies, and guardians' own addresses; a dry run writes nothing at all."""
    accepted(write(tmp_path / "first"), database_url)
    before = everything(database_url)
    newer = write(
        tmp_path / "newer",
        ("tuteurs.csv", "anne@tutelles.test", "a.lebihan@tutelles.test"),
        ("residents.csv", "T1;tous", "T1;papier"),
        ("clients.csv", "compta@client.test", "mairie@client.test"),
        ("factures.csv", "S1;F2;R2;", "S1;F2;R1;"),
        ("factures.csv", "75,50;0;75,50", "80;0;80"),
        ("factures.csv", "120,00;120,00;;;oui", "120,00;20,00;;;oui"),
    )
    report = bring(newer, database_url, dry_run=True)
    assert report.outcome is Outcome.DRY_RUN
    assert (
        report.message
        == "Essai, rien n'a été enregistré. Cet import donnerait : 0 ligne créée, 6 modifiées, 10 inchangées."
    )
    assert everything(database_url) == before
    assert [(c.subject.value, c.code, c.before, c.after, c.note) for c in report.changes] == [
        ("address", "T1", "anne@tutelles.test", "a.lebihan@tutelles.test", "tuteur de 2 résidents"),
        ("address", "C1", "compta@client.test", "mairie@client.test", ""),
        ("recipients", "R1", "tous", "papier", ""),
        ("debtor", "F2", "R2", "R1", ""),
        ("amount", "F3", "75,50\u00a0€", "80,00\u00a0€", ""),
        ("balance", "F4", "120,00\u00a0€", "20,00\u00a0€", ""),
    ]
    assert not report.dangerous


def test_the_command_line_shows_and_writes_nothing_until_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 when it waits, for a trial too; --yes takes it; --json has every change."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACTEUR_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("FACTEUR_DATABASE_URL", raising=False)
    database = f"sqlite:///{tmp_path / 'var' / 'facteur.db'}"

    def facteur_import(folder: Path, **options: Any) -> int:
        return run(
            Namespace(folder=str(folder), **({"dry_run": False, "json": False, "yes": "", "templates": None} | options))
        )

    assert facteur_import(write(tmp_path / "first")) == 0
    deliver(database, "F1")
    before = everything(database)
    newer = write(tmp_path / "newer", ("residents.csv", "josiane@example.org", "luc@example.org"))
    capsys.readouterr()
    assert facteur_import(newer) == 3
    output = capsys.readouterr().out
    assert output.startswith(
        "Rien n'est encore enregistré : 1 changement dangereux (adresse e-mail : 1) à relire et à accepter d'abord."
    )
    assert (
        "  ! adresse e-mail de MAILLY Josiane (S1 R1) : josiane@example.org → luc@example.org "
        "(jusqu'ici celle de GOFF Luc)\n" in output
    )
    assert facteur_import(newer, dry_run=True, json=True) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["written"], found["dangerous"]) == ("dry-run", False, 1)
    assert found["changes"][0] == {
        "what": "address",
        "dangerous": True,
        "structure": "S1",
        "code": "R1",
        "whose": "MAILLY Josiane",
        "before": "josiane@example.org",
        "after": "luc@example.org",
        "note": "jusqu'ici celle de GOFF Luc",
    }
    assert everything(database) == before
    assert facteur_import(newer, yes="AB") == 0
    assert everything(database) != before


def people(shift: int = 0, only_some: int = PEOPLE) -> str:
    """Residents whose addresses are rotated by ``shift`` among the first ``only_some``."""
    rows = ["structure;code;nom;prenom;email"]
    for n in range(PEOPLE):
        owner = (n + shift) % only_some if n < only_some else n
        rows.append(f"S1;R{n:02d};NOM{chr(65 + n)};Alix;personne{owner}@example.org")
    return "\n".join(rows) + "\n"


STRUCTURES = "code;nom;association\nS1;Les Tilleuls;Les Rives\nS2;Horizon;Les Rives\n"


def shifted(tmp_path: Path, database_url: str, only_some: int) -> None:
    invoices = "structure;numero;code_resident;periode;date_facture;montant_ht;montant_ttc\n" + "".join(
        f"S1;F{n};R{n:02d};2024-09;30/09/2024;100;100\n" for n in range(PEOPLE)
    )
    folder = only(tmp_path / "first", structures=STRUCTURES, residents=people(), factures=invoices)
    accepted(folder, database_url)
    for n in range(PEOPLE):
        deliver(database_url, f"F{n}", address=f"personne{n}@example.org")
    report = bring(only(tmp_path / "shifted", residents=people(1, only_some)), database_url)
    assert len(report.dangerous) == only_some
    assert report.dangerous[0].note == "jusqu'ici celle de NOMB Alix"
    accepted(tmp_path / "shifted", database_url)


@pytest.mark.parametrize(("only_some", "alarms"), [(PEOPLE, True), (5, True), (4, False)])
def test_many_changed_addresses_make_the_next_campaign_wait(
    only_some: int, alarms: bool, database_url: str, tmp_path: Path
) -> None:
    """A tenth of a structure's addresses, and at least five: until a person has reviewed a campaign of it."""
    shifted(tmp_path, database_url, only_some)

    def alerts(*structures: str) -> list[tuple[str, int, int]]:
        with reading(database_url) as session:
            found = read_alerts(session, INVOICE, Role.RESIDENT, structures)
            assert not read_alerts(session, REMINDER, Role.CLIENT, structures)
        return [(alert.structure, alert.changed, alert.total) for alert in found]

    expected = [("S1", only_some, PEOPLE)] if alarms else []
    assert (alerts(), alerts("S1"), alerts("S2")) == (expected, expected, [])
    for structures, initials, purpose, ends in (
        (["S1"], "", REAL, False),
        (["S2"], "AB", REAL, False),
        (["S1"], "AB", "test:run", False),
        (["S1"], "AB", REAL, True),
    ):
        with writing(database_url) as session:
            session.add(
                Campaign(
                    flow_run_id=f"{structures}{initials}{purpose}",
                    kind=INVOICE,
                    structures=structures,
                    parameters={},
                    purpose=purpose,
                    created_at=NOW,
                    chosen_at=NOW + timedelta(hours=1),
                    chosen_by=initials,
                )
            )
        assert alerts() == ([] if ends else expected)
