"""What somebody without the login gets from a running Facteur, and what even the login does not do by accident."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.workers.process import ProcessWorker
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.flows.facteur_process import Up, environment, facteur

RUN = "/deployments/name/historique/facteur"
OPEN = {"/api/health", "/api/ready"}  # for probes: one word, no data
WEBSOCKETS = (
    "/events/in",
    "/events/out",
    "/logs/out",
    "/task_runs/subscriptions/scheduled",
    "/work_pools/facteur/workers/connect",
)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A Facteur that was started on an empty folder by somebody who has set nothing."""
    started = Up.start(environment(tmp_path_factory.mktemp("security") / "var"))
    yield started
    if started.process.poll() is None:
        started.end()
    started.wait_until_nothing_is_left()


def routes(up: Up) -> list[tuple[str, str]]:
    """Every route of the server that a program can ask, as Prefect itself lists them."""
    listed = httpx.get(f"{up.address}/openapi.json", timeout=60).json()["paths"]
    return [(method.upper(), f"/api{path}") for path, methods in listed.items() for method in methods]


@pytest.mark.parametrize("host", ["", "evil.example"], ids=["its own host", "a foreign host, as a rebound name brings"])
@pytest.mark.parametrize("login", ["", "facteur:guessed-password"], ids=["no login", "a wrong one"])
def test_no_route_answers_without_the_login(up: Up, host: str, login: str) -> None:
    """Loopback is no login: whoever is on the machine, and every page in a browser there, reaches it."""
    found = routes(up)
    assert len(found) > 100
    user, _, password = login.partition(":")
    headers = {"Host": host} if host else {}
    auth = (user, password) if user else None
    with httpx.Client(base_url=up.address, headers=headers, auth=auth, timeout=60) as client:
        answers = {
            (method, path): client.request(method, path.replace("{", "").replace("}", ""), json={}).status_code
            for method, path in found
        }
    assert {path for (_, path), code in answers.items() if code != 401} == OPEN


@pytest.mark.parametrize("path", WEBSOCKETS)
@pytest.mark.parametrize("token", ["none", "", "facteur:guessed-password"])
def test_no_websocket_answers_without_the_login(up: Up, path: str, token: str) -> None:
    """Neither to a stranger nor to a wrong password; to the right one it does."""
    address = f"{up.address.replace('http', 'ws', 1)}/api{path}"
    assert not asyncio.run(opens(address, None if token == "none" else token))
    assert asyncio.run(opens(address, up.login))


async def opens(address: str, token: str | None) -> bool:
    """Whether the server takes the login and does not hang up; without a token nothing is said first."""
    try:
        async with connect(address, subprotocols=["prefect"] if token is not None else None) as socket:  # type: ignore[list-item]
            if token is not None:
                await socket.send(json.dumps({"type": "auth", "token": token}))
            answer = json.loads(await asyncio.wait_for(socket.recv(), 20))
            return bool(answer.get("type") == "auth_success")
    except (ConnectionClosed, InvalidStatus):
        return False


def test_no_other_origin_is_let_in(up: Up) -> None:
    """The browser of a clerk gives a page of another site nothing, not even with a login in its hand."""
    for method in ("GET", "OPTIONS"):
        answer = httpx.request(
            method,
            f"{up.address}/api/admin/version",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
        )
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs util-linux, and root to become somebody else")
def test_another_local_user_gets_nothing(up: Up) -> None:
    """Who has an account on the machine reads neither the login's file nor the API."""
    made = f"{up.env['FACTEUR_VAR']}/prefect/login"
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*as_nobody, "true"], check=False).returncode:
        pytest.skip("only root can become another user")
    read = subprocess.run([*as_nobody, "cat", made], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stdout) == (1, "")
    asked = subprocess.run(
        [*as_nobody, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{up.address}/api/admin/settings"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stdout == "401"


def test_the_login_is_shown_as_it_is_typed(up: Up) -> None:
    """The line of `facteur up` holds it whole; nothing else does, no argument and no log."""
    [line] = [line for line in up.lines if "Mot de passe" in line]
    assert line.split()[3] == up.login
    logs = Path(up.env["FACTEUR_VAR"]) / "logs"
    password = up.login.partition(":")[2]
    assert not [found for found in up.traces() if password in found]
    assert not [path for path in logs.iterdir() if password in path.read_text()]


def test_a_short_password_of_ones_own_warns(up: Up, tmp_path: Path) -> None:
    """For one version it still starts, says so, and the check is red."""
    assert up.end(signal.SIGINT) == 0
    short = {**up.env, "FACTEUR_SERVER__LOGIN": "clerk:short"}
    again = Up.start(short, until="moins de 12 caractères (FACTEUR_SERVER__LOGIN)")
    try:
        assert "short" not in "\n".join(again.lines)
        checked = facteur("check", "--json", env=short)
        [line] = [line for line in json.loads(checked.stdout)["checks"] if line["check"] == "login"]
        assert (checked.returncode, line["state"]) == (1, "red")
    finally:
        assert again.end() == 0


def test_a_run_takes_no_command_no_environment_and_no_folder(up: Up, tmp_path: Path) -> None:
    """Also on a server that an earlier version set up, with Prefect's own template; and runs go on."""
    var = Path(shutil.copytree(up.env["FACTEUR_VAR"], tmp_path / "var", symlinks=True))
    (var / "prefect" / "login").unlink()  # as an earlier version left it
    before = Up.start(environment(var))
    try:
        pool = before.api("GET", "/work_pools/facteur").json()
        default = ProcessWorker.get_default_base_job_template()
        assert before.api("PATCH", "/work_pools/facteur", {"base_job_template": default}).is_success
        assert pool["base_job_template"] != default
    finally:
        assert before.end() == 0
    after = Up.start(environment(var))
    try:
        template = after.api("GET", "/work_pools/facteur").json()["base_job_template"]
        assert template == pool["base_job_template"]
        assert not {"command", "env", "working_dir"} & set(template["variables"]["properties"])
        hostile = {
            "command": f"touch {tmp_path}/command",
            "env": {"FACTEUR_VAR": f"{tmp_path}/other"},
            "working_dir": f"{tmp_path}/folder",
        }
        deployment = after.api("GET", RUN).json()["id"]
        run = after.api("POST", f"/deployments/{deployment}/create_flow_run", {"job_variables": hostile}).json()["id"]
        state = until_final(after, run)
        assert "Aucune structure n'est connue" in state["message"]  # it ran as ever, with its own folder
        assert sorted(path.name for path in tmp_path.iterdir()) == ["var"]
    finally:
        assert after.end() == 0


def until_final(up: Up, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while not (state := up.final_state(run)):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return state


def test_a_run_is_started_from_the_command_line(up: Up, tmp_path: Path) -> None:
    """The login is read by itself; what is written wrongly is one line, and the end of a run is the exit code."""
    running = Up.start(environment(Path(shutil.copytree(up.env["FACTEUR_VAR"], tmp_path / "var", symlinks=True))))
    try:
        done = facteur("run", "historique", "-p", "periode=2024-09", "--watch", env=running.env)
        assert done.returncode == 1
        assert "En échec : Aucune structure n'est connue" in done.stdout
        assert facteur("run", "historique", env=running.env).stdout.startswith("Lancé : historique, exécution ")
        for words, said in (
            (("run", "histoire"), "Le traitement « histoire » n'existe pas."),
            (("run", "historique", "-p", "mois=2024-09"), "Le paramètre « mois » n'existe pas ici."),
            (("run", "historique", "-p", "periode"), "« periode » n'est pas un paramètre"),
            (("run", "historique", "-p", "structures=TIL"), "Le serveur refuse ces paramètres"),
        ):
            found = facteur(*words, env=running.env)
            assert (found.returncode, found.stdout) == (1, "")
            assert found.stderr.startswith(said)
            assert found.stderr.count("\n") == 1
        elsewhere = {**running.env, "FACTEUR_SERVER__LOGIN": "clerk:another-password"}
        assert "n'accepte pas le mot de passe" in facteur("run", "historique", env=elsewhere).stderr
        nobody = facteur("run", "historique", env={**running.env, "FACTEUR_SERVER__PORT": "9"})
        assert "ne répond pas" in nobody.stderr
    finally:
        assert running.end() == 0
