"""Cases 8 to 13: no connection, no encryption, no login, or an old connection that is gone."""

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from models.values.relay import Security
from tests.faults.bench import BEFORE, Bench
from tests.faults.case import WAITING, Case, Expected
from tests.faults.orders import At, Deed
from tests.smtp_server import certificates
from tests.smtp_server.script import How, Moment, Rule
from tests.token_authority import Authority, running

NOBODY_YET = Expected(WAITING, 0, before=WAITING, after=WAITING, stopped=True)
ALL_SENT = Expected("accepted", 1, stopped=False)
TOKEN_SECONDS = 8.0
USER, PASSWORD = "facturation@tilleuls.example", "Tr0p-s3cret"


def relay_away(bench: Bench, case: Case) -> None:
    bench.relay.stop()
    bench.run()
    bench.relay.start()


def name_unknown(bench: Bench, case: Case) -> None:
    bench.settings.update({"FACTEUR_SMTP__HOST": "relais.invalid", "FACTEUR_SMTP__SECURITY": "starttls"})
    bench.run()
    bench.settings.clear()


def encrypted(folder: Path, _: ExitStack, make: Any = certificates.good) -> dict[str, Any]:
    certificate = make(folder / "certificates")
    return {"security": Security.STARTTLS, "certificate": certificate, "user": USER, "password": PASSWORD}


def with_login(folder: Path, stack: ExitStack) -> dict[str, Any]:
    return {"user": USER, "password": PASSWORD}


def with_token(folder: Path, stack: ExitStack) -> dict[str, Any]:
    """A relay that takes the tokens of an authority, which lives as long as the case."""
    certificate = certificates.good(folder / "certificates")
    authority = stack.enter_context(running(certificate, Authority(real_seconds=TOKEN_SECONDS)))
    return {
        "security": Security.STARTTLS,
        "certificate": certificate,
        "user": USER,
        "token_key": authority.key,
        "authority": authority,
    }


def token_ends(bench: Bench, case: Case) -> None:
    """The connection ends after the first mail, and the token that the process keeps is refused at the next login."""
    worker = bench.start(*case.at)
    worker.wait_until("settled")
    assert bench.authority is not None
    bench.authority.real_seconds = 3599
    time.sleep(TOKEN_SECONDS)
    worker.go_on("settled")
    bench.end(worker)


def one_renewal(bench: Bench) -> list[str]:
    assert bench.authority is not None
    failed, asked = sum(1 for _ in bench.relay.record.events("login-failed")), len(bench.authority.requests)
    return [] if (failed, asked) == (1, 2) else [f"{failed} failed logins, {asked} tokens"]


LOGIN = {"FACTEUR_SMTP__USER": USER, "FACTEUR_SMTP__SECRET": PASSWORD}


def stripped(bench: Bench, case: Case) -> None:
    bench.relay.script(hide=["STARTTLS"])
    bench.run()


def nothing_in_clear(bench: Bench) -> list[str]:
    """Neither a login nor an envelope was said to that server, and it was called once a run."""
    said = [line.split()[0].upper() for line in bench.relay.commands()]
    wrong = [f"{verb} was said in clear" for verb in ("AUTH", "MAIL", "RCPT", "DATA") if verb in said]
    if bench.relay.connections != len(bench.ended):
        wrong.append(f"{bench.relay.connections} connections in {len(bench.ended)} runs")
    return wrong


def one_failed_login(bench: Bench) -> list[str]:
    failed = sum(1 for _ in bench.relay.record.events("login-failed"))
    return [] if failed == 1 else [f"{failed} failed logins"]


BAD_CERTIFICATES = {
    "wrong name": certificates.wrong_name,
    "expired": certificates.expired,
    "unknown authority": certificates.unknown_authority,
    "self-signed": certificates.self_signed,
}

CONNECTIONS = (
    Case(8, "connection refused", play=relay_away, seen=NOBODY_YET),
    Case(8, "DNS failure", play=name_unknown, seen=NOBODY_YET),
    Case(9, "banner 421", rules=(Rule(Moment.BANNER, "421 4.3.2 Later"),), seen=NOBODY_YET),
    Case(9, "banner 421 twice", rules=(Rule(Moment.BANNER, "421 4.3.2 Later", times=2),), seen=ALL_SENT),
    Case(9, "banner 554", rules=(Rule(Moment.BANNER, "554 5.3.2 No service"),), seen=NOBODY_YET),
    Case(
        10,
        "STARTTLS stripped",
        relay=encrypted,
        settings=LOGIN,
        play=stripped,
        check=nothing_in_clear,
        seen=NOBODY_YET,
    ),
    *(
        Case(
            10,
            f"certificate: {name}",
            relay=partial(encrypted, make=make),
            settings=LOGIN,
            check=nothing_in_clear,
            seen=NOBODY_YET,
            then=NOBODY_YET,
        )
        for name, make in BAD_CERTIFICATES.items()
    ),
    Case(
        11,
        "AUTH 535 in mid-campaign",
        relay=with_login,
        settings=LOGIN,
        rules=(
            Rule(Moment.IDLE, recipient=BEFORE, times=1),
            Rule(Moment.AUTH, "535 5.7.139 Authentication unsuccessful", skip=1),
        ),
        check=one_failed_login,
        seen=Expected(WAITING, 0, after=WAITING, stopped=True),
    ),
    Case(
        12,
        "token expired",
        relay=with_token,
        rules=(Rule(Moment.IDLE, recipient=BEFORE, times=1),),
        at=(At("settled", Deed.WAIT),),
        play=token_ends,
        check=one_renewal,
        seen=ALL_SENT,
    ),
    Case(13, "idle: 421", rules=(Rule(Moment.IDLE, recipient=BEFORE, times=1),), seen=ALL_SENT),
    Case(13, "idle: dropped", rules=(Rule(Moment.IDLE, how=How.DROP, recipient=BEFORE, times=1),), seen=ALL_SENT),
    Case(13, "idle: reset", rules=(Rule(Moment.IDLE, how=How.RESET, recipient=BEFORE, times=1),), seen=ALL_SENT),
    Case(13, "dropped at MAIL", rules=(Rule(Moment.MAIL, how=How.DROP, skip=1, times=1),), seen=ALL_SENT),
)
