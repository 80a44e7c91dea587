"""Settings: documented one by one, and a wrong value is one French line that names the variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from settings.load import Settings, load_settings
from settings.wrong import WrongSettingError

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from a .env of the developer


def fields(model: type[BaseModel], prefix: str = "FACTEUR_") -> Iterator[tuple[str, object]]:
    """Each variable with its default."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from fields(type(default), f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", default


def written(default: object) -> str:
    match default:
        case None:
            return ""
        case SecretStr():
            return default.get_secret_value()
        case Enum():
            return str(default.value)
        case _:
            return str(default)


def test_the_example_has_every_setting_with_its_default() -> None:
    """.env.example documents exactly the settings that exist, and shows the defaults that are in force."""
    shown = dict(re.findall(r"^# (FACTEUR_\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert shown == {name: written(default) for name, default in fields(Settings)}


def test_the_example_names_every_allowed_value() -> None:
    """Where a setting has a list of values, the comment above it names all of them."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, default in fields(Settings):
        if isinstance(default, Enum):
            comment = text[: text.index(f"{name}=")].rpartition("\n\n")[2]
            assert all(re.search(rf"\b{choice.value}\b", comment) for choice in type(default)), name


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    """With every line of .env.example in force the settings are the defaults."""
    lines = re.sub(r"^# (FACTEUR_)", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    assert load_settings() == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        pytest.param("FACTEUR_SMTP__PORT", "smtp", "un nombre entier est attendu", id="not a number"),
        pytest.param("FACTEUR_SERVER__PORT", "99999", "la valeur doit être ≤ 65535", id="too large"),
        pytest.param("FACTEUR_SMTP__CONNECTIONS", "0", "la valeur doit être ≥ 1", id="too small"),
        pytest.param("FACTEUR_SENDING__TIMEOUT_SECONDS", "0", "la valeur doit être > 0", id="not positive"),
        pytest.param(
            "FACTEUR_SMTP__SECURITY",
            "ssl",
            "valeurs permises : 'starttls', 'tls' ou 'none'",
            id="not in the list",
        ),
        pytest.param(
            "FACTEUR_SERVER__LOGIN",
            "secret",
            "il faut un nom et un mot de passe, écrits nom:mot-de-passe",
            id="a login without a name",
        ),
        pytest.param(
            "FACTEUR_SMTP__CA_FILE",
            "/nowhere.pem",
            "il faut un fichier qui existe sur cette machine",
            id="no such file",
        ),
        pytest.param(
            "FACTEUR_DATABASE_URL",
            "mysql://server/facteur",
            "il faut une adresse « sqlite:///… » ou « postgresql://… »",
            id="another database",
        ),
        pytest.param(
            "FACTEUR_DATABASE_URL",
            "postgresql://a:b@server:port/facteur",
            "il faut une adresse « sqlite:///… » ou « postgresql://… »",
            id="a database address that cannot be read",
        ),
        pytest.param(
            "FACTEUR_NOTICES__OPERATOR",
            "un@example.org, deux",
            "il faut une adresse e-mail (pour OPERATOR : une ou plusieurs, séparées par des virgules)",
            id="one of several addresses is none",
        ),
        pytest.param(
            "FACTEUR_NOTICES__SENDER",
            "un@example.org, deux@example.org",
            "il faut une adresse e-mail (pour OPERATOR : une ou plusieurs, séparées par des virgules)",
            id="several senders",
        ),
        pytest.param("FACTEUR_RETENTION__MESSAGES_MONTHS", "0", "la valeur doit être ≥ 1", id="nothing is kept"),
    ],
)
def test_a_wrong_value_names_the_variable_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    """One line, without the value, which may be a secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettingError) as caught:
        load_settings()
    assert str(caught.value) == f"Le réglage {name} n'est pas valable : {allowed}."


def test_operators_are_addresses_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces and empty parts do not matter; nobody is the default."""
    monkeypatch.setenv("FACTEUR_NOTICES__OPERATOR", " un@example.org,exploitation@example.org, ,un@example.org")
    assert load_settings().notices.operators == ("un@example.org", "exploitation@example.org")
    monkeypatch.delenv("FACTEUR_NOTICES__OPERATOR")
    assert load_settings().notices.operators == ()
