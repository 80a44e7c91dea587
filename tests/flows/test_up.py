"""``facteur up`` with real processes: it starts everything, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli.commands.sample import write_sample
from tests.flows.facteur_process import PROJECT, Up, environment, facteur

MONTHLY = "/deployments/name/factures-mensuelles/facteur"
LOGIN = "clerk:a-password-for-a-test"


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A Facteur that was started on an empty folder."""
    up = Up.start(environment(tmp_path_factory.mktemp("up") / "var"))
    yield up
    if up.process.poll() is None:
        up.process.kill()
    up.wait_until_nothing_is_left()


@pytest.fixture
def used_folder(first_start: Up, tmp_path: Path) -> Path:
    """A folder that Facteur ran in before, so that a start takes few seconds."""
    if first_start.process.poll() is None:
        assert first_start.end() == 0
    return Path(shutil.copytree(first_start.env["FACTEUR_VAR"], tmp_path / "var", symlinks=True))


def until(condition: Any, seconds: float = 60.0) -> Any:
    """The first true value of ``condition``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_the_screen_is_there(first_start: Up) -> None:
    """Only the UI that asks nobody outside is served, and it finds its API under any name of the host."""
    settings = first_start.api("GET", "/../ui-settings").json()
    assert (settings["available_uis"], settings["api_url"], settings["auth"]) == (["v1"], "/api", "BASIC")
    assert "<title>Prefect Server</title>" in first_start.api("GET", "/../").text


def test_nothing_is_reported_to_prefect(first_start: Up) -> None:
    """Telemetry is off, and so is advertising."""
    settings = first_start.api("GET", "/admin/settings").json()
    assert settings["server"]["analytics_enabled"] is False
    assert settings["server"]["ui"]["show_promotional_content"] is False


def test_the_deployments_are_those_of_prefect_yaml(first_start: Up) -> None:
    """One run of a flow at a time, the next one waits; the monthly schedule is in Paris, with review, and inactive."""
    found = first_start.api("POST", "/deployments/filter", json={}).json()
    wanted = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert sorted(d["entrypoint"] for d in found) == sorted(d["entrypoint"] for d in wanted)
    assert {d["name"] for d in found} == {"facteur"}
    assert {d["global_concurrency_limit"]["limit"] for d in found} == {1}
    assert {d["concurrency_options"]["collision_strategy"] for d in found} == {"ENQUEUE"}
    schedules = {d["entrypoint"].partition(":")[2]: d["schedules"] for d in found}
    [monthly], [resumption] = schedules["factures_mensuelles"], schedules["reprendre_les_differes"]
    assert monthly["schedule"]["timezone"] == "Europe/Paris"
    assert (monthly["active"], monthly["parameters"]) == (False, {"relecture": True})
    assert resumption["active"] is True
    assert schedules["importer_les_donnees"] == []


def test_the_smtp_block_has_a_form(first_start: Up) -> None:
    """A clerk can add an association's SMTP server in the UI before any flow has run."""
    assert first_start.api("GET", "/block_types/slug/smtp-server").json()["name"] == "Serveur SMTP (Facteur)"


def test_the_worker_is_online(first_start: Up) -> None:
    """The worker polls the pool."""
    workers = until(lambda: first_start.api("POST", "/work_pools/facteur/workers/filter", json={}).json())
    assert [(w["name"], w["status"]) for w in workers] == [("facteur-up", "ONLINE")]


def test_the_mailbox_takes_mail(first_start: Up) -> None:
    """What is sent to the mailbox lies in the Maildir under var."""
    with smtplib.SMTP("127.0.0.1", int(first_start.env["FACTEUR_SERVER__MAILBOX_PORT"])) as smtp:
        smtp.sendmail("a@example.org", ["b@example.org"], b"Subject: essai\r\n\r\nessai\r\n")
    [message] = (Path(first_start.env["FACTEUR_VAR"]) / "mailbox" / "new").iterdir()
    assert "Subject: essai" in message.read_text()


def test_only_the_owner_reads_what_lies_under_var(first_start: Up) -> None:
    """Names, addresses, invoices and Prefect's own database are for the user who runs Facteur."""
    var = Path(first_start.env["FACTEUR_VAR"])
    public = var / "prefect" / "ui"  # copied from Prefect's package, modes and all
    files = [path for path in (var, *var.rglob("*")) if public not in path.parents]
    open_to_others = [path for path in files if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert {"facteur.db", "mailbox", "prefect", "logs"} <= {path.name for path in var.iterdir()}


def test_a_taken_port_gives_one_line(first_start: Up, tmp_path: Path) -> None:
    """The line names the port and the variable; nothing was started or written."""
    port = first_start.env["FACTEUR_SERVER__PORT"]
    found = facteur("up", env=environment(tmp_path / "var", {"FACTEUR_SERVER__PORT": port}))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == (
        f"Le port {port} est déjà pris par un autre programme : arrêtez-le, ou donnez un autre port avec "
        f"FACTEUR_SERVER__PORT, par exemple FACTEUR_SERVER__PORT={int(port) + 1}.\n"
    )
    assert not (tmp_path / "var").exists()


def test_a_folder_has_one_facteur(first_start: Up) -> None:
    """A second one on the same folder is refused: two servers would spoil Prefect's database."""
    var = Path(first_start.env["FACTEUR_VAR"])
    found = facteur("up", env=environment(var))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == (
        f"Facteur tourne déjà sur le dossier {var} : arrêtez-le d'abord, ou prenez un autre dossier avec FACTEUR_VAR.\n"
    )


def test_ctrl_c_leaves_no_process(first_start: Up) -> None:
    """Ctrl-C ends everything, says so, and is a success."""
    assert len(first_start.traces()) > 3
    assert first_start.end(signal.SIGINT) == 0
    assert first_start.traces() == []
    assert first_start.lines[-1] == "Facteur est arrêté."
    assert not [line for line in first_start.lines if "Traceback" in line]


def test_ctrl_c_while_it_starts_leaves_no_process(used_folder: Path) -> None:
    """It need not be ready to be stopped, and there is no traceback."""
    up = Up.start(environment(used_folder), until="Démarrage du serveur")
    assert up.end(signal.SIGINT) == 0
    assert up.traces() == []
    assert up.lines[1:] == ["Facteur est arrêté."]


def test_a_part_that_ends_by_itself_ends_facteur(used_folder: Path) -> None:
    """One line names the part and its log, the exit code is 1, and nothing else stays."""
    up = Up.start(environment(used_folder))
    assert not [line for line in up.lines if "déploiements" in line]  # nothing has changed since the last start
    [pid] = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and up.env["FACTEUR_VAR"].encode() + b"/mailbox" in (entry / "cmdline").read_bytes()
    ]
    os.kill(pid, signal.SIGKILL)
    assert up.wait() == 1
    assert up.lines[-1] == f"La boîte d'essai s'est arrêtée : voir {used_folder}/logs/mailbox.log."
    assert up.traces() == []


def test_after_a_kill_everything_ends_and_the_next_start_resumes(used_folder: Path, tmp_path: Path) -> None:
    """kill -9 in mid-campaign leaves no process, not even the flow run's.

    The next start marks its run Crashed. What the operator set on a schedule survives, also a new deployment.
    """
    write_sample(tmp_path / "sample")
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # a mailbox that takes the call and says nothing
        sending = {
            "FACTEUR_SMTP__HOST": "127.0.0.1",
            "FACTEUR_SMTP__PORT": str(silent.getsockname()[1]),
            "FACTEUR_SMTP__SECURITY": "none",
        }
        env = environment(used_folder, sending)
        assert facteur("import", str(tmp_path / "sample"), env=env).returncode == 0
        up = Up.start(env)
        monthly = up.api("GET", MONTHLY).json()
        [schedule] = monthly["schedules"]
        answer = up.api("PATCH", f"/deployments/{monthly['id']}/schedules/{schedule['id']}", json={"active": True})
        assert answer.is_success
        parameters = {"periode": "2024-09", "relecture": False}
        run = up.api("POST", f"/deployments/{monthly['id']}/create_flow_run", json={"parameters": parameters}).json()
        silent.settimeout(60)
        call, _ = silent.accept()  # the flow run sends
        with closing(call):
            assert any("prefect.engine" in line or "prefect.flow_engine" in line for line in up.traces())
            up.end(signal.SIGKILL)
            up.wait_until_nothing_is_left()
    (used_folder / "prefect" / "deployed").unlink()  # as after a change of prefect.yaml
    again = Up.start(environment(used_folder, {"FACTEUR_SERVER__LOGIN": LOGIN}))
    try:
        assert again.api("GET", f"/flow_runs/{run['id']}", login="").status_code == 401
        state = again.api("GET", f"/flow_runs/{run['id']}").json()["state"]
        assert state["type"] == "CRASHED", state
        # Retry: the dead run does not hold the one place of its flow. This Facteur has no SMTP server, and says so.
        retry = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": False}
        assert again.api("POST", f"/flow_runs/{run['id']}/set_state", retry).json()["status"] == "ACCEPT"
        ended = until(lambda: again.final_state(run["id"]))
        assert ended["type"] == "FAILED"
        assert "Aucun serveur SMTP" in ended["message"]
        kept = again.api("GET", MONTHLY).json()["schedules"]
        assert [(s["active"], s["schedule"]["cron"]) for s in kept] == [(True, "0 7 5 * *")]
        assert not [line for line in [*again.traces(), *again.lines] if LOGIN in line or "a-password" in line]
    finally:
        assert again.end(signal.SIGTERM) == 0
    assert again.traces() == []
