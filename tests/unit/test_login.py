"""When the UI asks for a login, and what other processes and users can see of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from flows.cli.machine.login import find_login
from flows.cli.machine.surroundings import local_address, prefect_environment
from settings.load import Settings
from settings.server import ServerSettings


@pytest.mark.parametrize(
    ("host", "login", "made"),
    [
        pytest.param("127.0.0.1", "", False, id="this machine alone"),
        pytest.param("localhost", "", False, id="this machine by name"),
        pytest.param("::1", "", False, id="this machine over IPv6"),
        pytest.param("0.0.0.0", "", True, id="every address"),
        pytest.param("192.0.2.1", "", True, id="an address of the network"),
        pytest.param("0.0.0.0", "clerk:word", False, id="the operator's own login"),
        pytest.param("127.0.0.1", "clerk:word", False, id="the operator's own login on this machine"),
    ],
)
def test_a_server_that_others_reach_has_a_login(tmp_path: Path, host: str, login: str, made: bool) -> None:
    """The operator's login counts; without one, a made login guards everything but this machine alone."""
    server = ServerSettings(host=host, login=SecretStr(login))
    found = find_login(server, tmp_path)
    assert (tmp_path / "login").exists() is made
    if not made:
        assert found == login
        return
    user, _, password = found.partition(":")
    assert user == "facteur"
    assert len(password) >= 20
    assert find_login(server, tmp_path) == found  # the same on the next start
    assert (tmp_path / "login").stat().st_mode & 0o777 == 0o600


def test_the_login_of_another_server_is_not_used(tmp_path: Path) -> None:
    """What this shell is set to for another Prefect reaches neither the server nor the worker."""
    foreign = {"PREFECT_API_AUTH_STRING": "a:b", "PREFECT_SERVER_API_AUTH_STRING": "a:b", "PREFECT_API_URL": "http://x"}
    found = prefect_environment(Settings(_env_file=None, var=tmp_path), "", foreign)
    assert not [name for name in found if name.endswith("AUTH_STRING")]
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"


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
