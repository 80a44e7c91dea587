"""The scripted server in a process of its own, as the tests hold it."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from models.values.relay import Mechanism, Relay, Security
from tests.smtp_server.certificates import Certificate
from tests.smtp_server.record import Record, StoredMessage
from tests.smtp_server.script import Chaos, Rule, Script

ROOT = Path(__file__).parents[2]


class ScriptedServer:
    """A server for ``with``: it starts, follows its script, and leaves a record in ``folder``.

    It may be stopped and started again, on the same port and with the same record, to be away for a while.
    """

    def __init__(
        self,
        folder: Path,
        *rules: Rule,
        security: Security = Security.NONE,
        certificate: Certificate | None = None,
        user: str = "",
        password: str = "",
        token_key: str = "",
        port: int = 0,
        hide: Sequence[str] = (),
        size: int | str = Script().size,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._security, self._certificate = security, certificate
        self._user, self._password, self._token_key = user, password, token_key
        self._script, self._record, self._errors = folder / "script.json", folder / "record.jsonl", folder / "errors"
        self._process: subprocess.Popen[str] | None = None
        self.record = Record(self._record)
        self.script(*rules, hide=hide, size=size)

    def script(
        self, *rules: Rule, hide: Sequence[str] = (), size: int | str = Script().size, chaos: Chaos | None = None
    ) -> None:
        """Replace the whole script, also while the server runs; all counts start anew."""
        Script(rules, tuple(hide), size, chaos).write(self._script)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.smtp_server", "--port", str(self.port), "--tls", self._security.value]
        command += ["--script", str(self._script), "--record", str(self._record)]
        if self._certificate:
            command += ["--cert", str(self._certificate.chain), "--key", str(self._certificate.key)]
        if self._user:
            command += ["--user", self._user, "--password", self._password, "--token-key", self._token_key]
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=errors)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip().isdigit(), self._errors.read_text()
        self.port = int(line)

    def stop(self) -> None:
        """End the process at once; a bug in the server itself fails the test that ran it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with process:
            process.kill()
        bugs = [event["traceback"] for event in self.record.events("bug")]
        assert not bugs, bugs[0]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            with contextlib.suppress(AssertionError):
                self.stop()

    def relay(self, **changes: object) -> Relay:
        """The relay that this server is; with a user it is logged in to with AUTH PLAIN."""
        relay = Relay(
            host="localhost" if self._certificate else "127.0.0.1",
            port=self.port,
            security=self._security,
            user=self._user,
            secret=self._password,
            mechanism=Mechanism.PLAIN if self._user else Mechanism.NONE,
            ca_file=str(self._certificate.authority) if self._certificate else "",
            timeout_seconds=5.0,
            patience_seconds=10.0,
        )
        return replace(relay, **changes)  # type: ignore[arg-type]

    def messages(self) -> list[StoredMessage]:
        """The copies that were stored, in order."""
        return self.record.messages()

    def commands(self) -> list[str]:
        """All command lines of all connections, in order; of AUTH the verb alone."""
        return [event["line"] for event in self.record.events("command")]

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return sum(1 for _ in self.record.events("connected"))

    @property
    def most_connections_at_once(self) -> int:
        return max((event["open_now"] for event in self.record.events("connected")), default=0)

    @property
    def failed_logins(self) -> int:
        return sum(1 for _ in self.record.events("login-failed"))

    @property
    def unfinished(self) -> int:
        """How many messages were begun and never got their dot."""
        return sum(1 for _ in self.record.events("unfinished"))

    @property
    def dots_after_refusal(self) -> int:
        """How many clients wrote the dot although they had been answered before it."""
        return sum(1 for _ in self.record.events("dot-after-refusal"))
