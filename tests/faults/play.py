"""Plays one case on one database, and says what did not hold."""

from __future__ import annotations

import tempfile
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.database.session import BUSY_SECONDS
from tests.faults.bench import VICTIM, Bench
from tests.faults.case import Case
from tests.smtp_server.process import ScriptedServer
from tests.token_authority import Authority


@dataclass(frozen=True, slots=True)
class Played:
    """One row of the table: state and copies after the fault and after the retry, and what did not hold."""

    case: Case
    database: str
    states: tuple[str, str]
    copies: tuple[int, int]
    wrong: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.wrong


def play(case: Case, kind: str, url: str) -> Played:
    """Let the fault happen, look; make everything right again, retry, look again."""
    began = time.monotonic()
    states, copies, wrong = ["?", "?"], [0, 0], []
    try:
        with tempfile.TemporaryDirectory(prefix="facteur-faults-") as name, ExitStack() as stack:
            folder = Path(name)
            options = case.relay(folder, stack)
            authority = options.pop("authority", None)
            with ScriptedServer(folder / "relay", *case.rules, **options) as relay:
                bench = Bench(folder, url, relay, _settings(case, relay, authority), authority)
                bench.furnish()
                if case.pdf_bytes:
                    bench.attach(b"%PDF-1.7\n" + bytes(range(256)) * (case.pdf_bytes // 256), VICTIM)
                case.play(bench, case)
                states[0], copies[0] = bench.state(VICTIM), bench.copies(VICTIM)
                wrong += [f"then: {text}" for text in (*case.seen.missing(bench), *bench.broken(), *case.check(bench))]
                bench.relay.script()
                bench.settings, bench.busy = _settings(case, relay, authority), BUSY_SECONDS
                bench.run()
                states[1], copies[1] = bench.state(VICTIM), bench.copies(VICTIM)
                wrong += [f"retried: {text}" for text in (*case.then.missing(bench), *bench.broken(leases_over=True))]
    except Exception:  # noqa: BLE001 - a case that breaks is a row that does not hold
        wrong.append(traceback.format_exc())
    return Played(case, kind, (states[0], states[1]), (copies[0], copies[1]), tuple(wrong), time.monotonic() - began)


def _settings(case: Case, relay: ScriptedServer, authority: Authority | None) -> dict[str, str]:
    tls = relay.relay()
    settings = dict(case.settings)
    if tls.ca_file:
        settings |= {
            "FACTEUR_SMTP__HOST": tls.host,
            "FACTEUR_SMTP__SECURITY": tls.security.value,
            "FACTEUR_SMTP__CA_FILE": tls.ca_file,
        }
    if authority:
        settings |= {
            "FACTEUR_SMTP__MECHANISM": "XOAUTH2",
            "FACTEUR_SMTP__USER": tls.user,
            "FACTEUR_SMTP__SECRET": authority.secret,
            "FACTEUR_SMTP__TENANT": authority.application.tenant,
            "FACTEUR_SMTP__CLIENT_ID": authority.application.client_id,
            "FACTEUR_SMTP__AUTHORITY": authority.url,
        }
    return settings
