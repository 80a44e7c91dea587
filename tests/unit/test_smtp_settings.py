"""XOAUTH2 in the environment: each thing that is missing is named by its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.values.relay import MICROSOFT, Application
from settings.load import load_settings
from settings.wrong import WrongSettingError
from tasks.relays.finding import Carrier, _from_environment

WHOLE = {
    "HOST": "smtp.office365.com",
    "MECHANISM": "XOAUTH2",
    "USER": "facturation@contoso.example",
    "SECRET": "s3cret-client",
    "TENANT": "contoso.onmicrosoft.com",
    "CLIENT_ID": "6f1c3f0e-8a51-4c59-9b1e-0d2b7a3c4e5f",
}


@pytest.fixture(autouse=True)
def _whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from a .env of the developer
    for name, value in WHOLE.items():
        monkeypatch.setenv(f"FACTEUR_SMTP__{name}", value)


def test_the_environment_names_an_application() -> None:
    """At Microsoft, unless another authority is named."""
    found = _from_environment(load_settings())
    assert isinstance(found, Carrier)
    assert found.relay.application == Application(WHOLE["TENANT"], WHOLE["CLIENT_ID"], MICROSOFT)
    assert found.relay.secret == WHOLE["SECRET"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("USER", "", "l'adresse du compte qui envoie, avec XOAUTH2"),
        ("SECRET", "", "la valeur du secret client, avec XOAUTH2"),
        ("TENANT", "", "l'ID ou le domaine de l'annuaire (locataire), avec XOAUTH2"),
        ("TENANT", "contoso/x", "l'ID ou le domaine de l'annuaire (locataire), avec XOAUTH2"),
        ("CLIENT_ID", "Facteur", "l'ID d'application (client), avec XOAUTH2"),
        ("AUTHORITY", "http://login.example", "une adresse « https://… »"),
        ("AUTHORITY", "https://user@login.example", "une adresse « https://… »"),
    ],
)
def test_what_xoauth2_lacks_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """And the secret is in no sentence."""
    monkeypatch.setenv(f"FACTEUR_SMTP__{name}", value)
    with pytest.raises(WrongSettingError) as caught:
        load_settings()
    assert str(caught.value) == f"Le réglage FACTEUR_SMTP__{name} n'est pas valable : il faut {words}."


def test_a_password_needs_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    """PLAIN with an account alone is as good as ever."""
    monkeypatch.setenv("FACTEUR_SMTP__MECHANISM", "PLAIN")
    monkeypatch.setenv("FACTEUR_SMTP__TENANT", "")
    found = _from_environment(load_settings())
    assert isinstance(found, Carrier)
    assert found.relay.application is None
