"""The login of the screen: there always is one, and what other processes and users can see of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.cli.machine.login import ensure_login, login_in_force
from flows.cli.machine.surroundings import local_address, prefect_environment
from settings.load import Settings
from settings.server import ServerSettings

OWN = "clerk:twelve-letters"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "192.0.2.1"])
def test_there_is_always_a_login(tmp_path: Path, host: str) -> None:
    """One is made wherever the server listens, this machine alone included; it stays, and only its owner reads it."""
    server = ServerSettings(host=host)
    assert login_in_force(server, tmp_path) == ""
    found = ensure_login(server, tmp_path)
    user, _, password = found.partition(":")
    assert user == "facteur"
    assert len(password) >= 20
    assert ensure_login(server, tmp_path) == login_in_force(server, tmp_path) == found  # the same on the next start
    assert [path.name for path in tmp_path.iterdir()] == ["login"]
    assert (tmp_path / "login").stat().st_mode & 0o777 == 0o600


def test_the_operator_s_own_login_counts(tmp_path: Path) -> None:
    """It stands in the settings alone."""
    server = ServerSettings(login=SecretStr(OWN))
    assert ensure_login(server, tmp_path) == OWN
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", ["", "\n", "facteur:", ":word", "facteur"])
def test_half_a_login_is_made_anew(tmp_path: Path, left: str) -> None:
    """What a killed start or an editor left never means a server without a login."""
    (tmp_path / "login").write_text(left)
    assert len(ensure_login(ServerSettings(), tmp_path)) > 20


def test_a_login_that_others_could_read_is_closed(tmp_path: Path) -> None:
    """A file that was restored with other rights is the owner's again."""
    (tmp_path / "login").write_text(OWN)
    (tmp_path / "login").chmod(0o644)
    assert ensure_login(ServerSettings(), tmp_path) == OWN
    assert (tmp_path / "login").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("login", "words"),
    [
        pytest.param("", "", id="none was set"),
        pytest.param(OWN, "", id="12 characters"),
        pytest.param("clerk:elevenchars", "moins de 12 caractères", id="11 characters"),
        pytest.param("clerk:a", "moins de 12 caractères", id="one character"),
        pytest.param("clerk:l'été dernier !", "lettre accentuée", id="letters that the screen cannot send"),
    ],
)
def test_a_weak_password_is_told(login: str, words: str) -> None:
    """It starts Facteur for one more version; what is wrong with it has words."""
    problem = ServerSettings(login=SecretStr(login)).login_problem
    assert words in problem
    assert bool(words) is bool(problem)


def test_the_login_of_another_server_is_not_used(tmp_path: Path) -> None:
    """What this shell is set to for another Prefect reaches neither the server nor the worker."""
    foreign = {"PREFECT_API_AUTH_STRING": "a:b", "PREFECT_SERVER_API_AUTH_STRING": "a:b", "PREFECT_API_URL": "http://x"}
    found = prefect_environment(Settings(_env_file=None, var=tmp_path), OWN, foreign)
    assert {value for name, value in found.items() if name.endswith("AUTH_STRING")} == {OWN}
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"


def test_no_other_origin_may_read_the_api(tmp_path: Path) -> None:
    """Prefect's own default lets every page of every site; the shell that Facteur is started in changes nothing."""
    inherited = {"PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "*"}
    found = prefect_environment(Settings(_env_file=None, var=tmp_path), OWN, inherited)
    assert found["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        pytest.param("127.0.0.1", "http://127.0.0.1:4200", id="loopback"),
        pytest.param("0.0.0.0", "http://127.0.0.1:4200", id="every IPv4 address"),
        pytest.param("::", "http://[::1]:4200", id="every IPv6 address"),
        pytest.param("::1", "http://[::1]:4200", id="IPv6"),
        pytest.param("facteur.example.org", "http://facteur.example.org:4200", id="a name"),
    ],
)
def test_the_worker_reaches_the_server(host: str, address: str) -> None:
    """The address for processes of this machine, whatever the server listens on."""
    assert local_address(Settings(_env_file=None, server=ServerSettings(host=host))) == address
