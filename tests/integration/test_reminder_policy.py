"""The reminder policy of an association, on both databases: what is typed is checked, stored once, and reminds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from models.database.session import reading, writing
from models.reading.reminder_terms import USUAL, Terms
from models.rules.reminders import LevelTerms, NotDue
from models.tables.organisation import Association, Structure
from models.tables.reminder import ReminderLevel, ReminderPolicy
from models.tables.structure_change import StructureChange
from models.values.ending import Refusal
from models.values.kinds import Channel
from tasks.reminders.policy import AssociationTerms, find_association, how_it_went, in_words, is_stored, store_policy
from tasks.reminders.policy_entry import CHANNELS, DAYS, INITIALS, MINIMUM, PolicyEntry, as_typed, read_policy_entry
from tests.reminders_workplace import add_client, add_overdue, overdue
from tests.workplace import Workplace, add_structure

STRICT = Terms(
    levels=(LevelTerms(3, 0), LevelTerms(10, 5), LevelTerms(25, 7)),
    answer_days=(5, 4, 10),
    channels=(Channel.EMAIL, Channel.LETTER, Channel.LETTER),
    minimum_balance=Decimal("50.00"),
    fresh_days=2,
)


def typed(terms: Terms = USUAL, **changes: Any) -> dict[str, Any]:
    """A form as the UI sends it back: a change to None is a field that was emptied."""
    words = {INITIALS: "ML", **as_typed(terms), **changes}
    return {name: value for name, value in words.items() if value is not None}


def found(code: str = "") -> AssociationTerms:
    association = find_association(code)
    assert isinstance(association, AssociationTerms), association
    return association


def store(terms: Terms, run: str = "", shown: Terms = USUAL) -> str:
    run = run or str(uuid4())
    store_policy(found("amis").association_id, shown, PolicyEntry(terms, "ML"), run)
    return run


def counted(workplace: Workplace, table: type[Any]) -> int:
    with reading(workplace.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_form_says_the_terms_that_it_was_made_from() -> None:
    """Whatever is offered can be stored, and what is not touched stays as it was."""
    assert read_policy_entry(typed()) == PolicyEntry(USUAL, "ML")
    assert read_policy_entry(typed(STRICT)) == PolicyEntry(STRICT, "ML")


WRONG = [
    pytest.param(
        {"relance_2_jours": 8},
        "Relance 2 : 8 jours après l'échéance, pas plus que la relance 1 (8 jours) ; attendu : davantage de jours à "
        "chaque niveau.",
        id="as early as the one before",
    ),
    pytest.param({"mise_en_demeure_jours": 20}, "Mise en demeure : 20 jours après l'échéance, pas plus que", id="3<2"),
    pytest.param(
        {"relance_1_jours": -1},
        "Relance 1 : jours après l'échéance : « -1 » ne convient pas ; attendu : un nombre entier de jours, de 0 à",
        id="negative",
    ),
    pytest.param({"relance_1_jours": 12.5}, "Relance 1 : jours après l'échéance : « 12.5 » ne convient", id="no days"),
    pytest.param({"relance_1_delai": 0}, "Relance 1 : jours accordés pour payer : « 0 » ne convient", id="no time"),
    pytest.param(
        {"relance_2_intervalle": None},
        "Relance 2 : jours au moins depuis la relance précédente : ce champ est vide ; attendu : un nombre entier",
        id="emptied",
    ),
    pytest.param({"fraicheur_des_soldes": 0}, "Ancienneté maximale des soldes importés, en jours : « 0 »", id="fresh"),
    pytest.param({"fraicheur_des_soldes": "٧"}, "Ancienneté maximale des soldes importés", id="no Latin digit"),
    pytest.param({MINIMUM: "-1"}, "Solde minimum : « -1 » ne convient pas ; attendu : un montant de 0 à", id="money"),
    pytest.param({MINIMUM: "5,001"}, "Solde minimum : « 5,001 » ne convient pas", id="mills"),
    pytest.param({MINIMUM: None}, "Solde minimum : ce champ est vide", id="no money"),
    pytest.param({INITIALS: " "}, "Vos initiales : ce champ est vide", id="nobody"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_what_cannot_be_stored_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    """It names the field, what stands in it, and what is expected."""
    entry = read_policy_entry(typed(**changes))
    assert entry.terms is None
    (fault,) = entry.faults
    assert fault.startswith(sentence)


def test_every_fault_is_told_at_once() -> None:
    """A clerk corrects a form once."""
    nothing = dict.fromkeys((INITIALS, MINIMUM, *(field.name for field in DAYS)))
    assert len(read_policy_entry(typed(**nothing)).faults) == len(nothing)


def test_the_first_levels_can_go_by_letter() -> None:
    """A formal notice goes by letter whatever is set: it is not offered."""
    entry = read_policy_entry(typed(**dict.fromkeys(CHANNELS.values(), "courrier")))
    assert entry.terms is not None
    assert entry.terms.channels == (Channel.LETTER,) * 3
    assert set(CHANNELS) == {1, 2}


def test_an_association_is_found_by_its_code_or_because_it_is_alone(workplace: Workplace) -> None:
    """Otherwise the sentence names the codes."""
    assert found().terms == USUAL
    assert found(" AMIS ").name == "Les Amis"
    with writing(workplace.database) as session:
        session.add(Association(code="autres", name="Les Autres"))
    assert find_association("") == Refusal("Indiquez dans « association » l'un de ces codes : amis, autres.")
    assert find_association("rives") == Refusal(
        "Aucune association n'a le code « rives ». Indiquez dans « association » l'un de ces codes : amis, autres."
    )


def test_a_policy_is_stored_and_noted_once_for_a_run(workplace: Workplace) -> None:
    """Its Retry changes nothing, even after another run has; who changed it stands with each structure."""
    add_structure(workplace.database, "LILAS")
    first = store(STRICT)
    assert found().terms == STRICT
    other = store(USUAL, shown=STRICT)
    store(STRICT, run=first)
    assert found().terms == USUAL
    assert (counted(workplace, ReminderPolicy), counted(workplace, ReminderLevel)) == (1, 3)
    with reading(workplace.database) as session:
        noted = session.execute(
            select(Structure.code, StructureChange.initials, StructureChange.before, StructureChange.after)
            .join(Structure, StructureChange.structure_id == Structure.id)
            .order_by(StructureChange.id)
        ).all()
    assert [tuple(row) for row in noted] == [
        (code, "ML", in_words(before), in_words(after))
        for before, after in ((USUAL, STRICT), (STRICT, USUAL))
        for code in ("TILLEULS", "LILAS")
    ]
    assert is_stored(first)
    assert how_it_went(found().association_id, other).startswith(
        "Les Amis : relances réglées par ML. Relance 1 : 8 jours"
    )


def test_a_form_that_was_left_as_it_was_changes_nothing(workplace: Workplace) -> None:
    """Not even what another run has stored since it was shown."""
    store(STRICT)
    run = store(USUAL, shown=USUAL)
    assert found().terms == STRICT
    assert not is_stored(run)
    assert how_it_went(found().association_id, run).startswith("Les Amis : aucun changement.")
    assert counted(workplace, StructureChange) == 1


def test_the_terms_are_told_in_words() -> None:
    """A clerk reads in the run's message what holds from now on."""
    assert in_words(STRICT) == (
        "Relance 1 : 3 jours après l'échéance, par e-mail, 5 jours pour payer ; "
        "Relance 2 : 10 jours après l'échéance et 5 jours après la précédente, par courrier, 4 jours pour payer ; "
        "Mise en demeure : 25 jours après l'échéance et 7 jours après la précédente, par courrier, 10 jours pour "
        "payer. Solde minimum : 50,00\N{NO-BREAK SPACE}€ ; soldes importés depuis 2 jours au plus."
    )


def test_the_stored_policy_decides_what_is_due(workplace: Workplace) -> None:
    """The very next campaign follows it."""
    client = add_client(workplace, "Garage Petit", "compta@garage.example")
    early, small = add_overdue(workplace, client, 4), add_overdue(workplace, client, 40, balance="49.99")
    assert {number: standing.due for number, standing in overdue(workplace).items()} == {
        early: NotDue.TOO_SOON,
        small: 1,
    }
    store(STRICT)
    assert {number: standing.due for number, standing in overdue(workplace).items()} == {
        early: 1,
        small: NotDue.BELOW_MINIMUM,
    }


def test_a_database_that_cannot_be_used_is_a_sentence(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clerk reads what to do, and no trace."""
    monkeypatch.setenv("FACTEUR_DATABASE_URL", "sqlite:////nowhere/facteur.db")
    refusal = find_association("")
    assert isinstance(refusal, Refusal)
    assert refusal.sentence.startswith("La base de données ne s'ouvre pas")
