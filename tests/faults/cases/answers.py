"""Cases 14 to 25: what the relay answers, cuts or delays from RCPT to QUIT."""

from tests.faults.bench import VICTIM, Bench
from tests.faults.case import WAITING, Case, Expected, run_once
from tests.faults.cases.kills import LARGE
from tests.smtp_server.script import How, Moment, Rule

DEFERRED = Expected("deferred", 0, stopped=False)
REFUSED = Expected("refused", 0, stopped=False)
NOT_STORED = Expected("uncertain", 0, stopped=False)
STORED = Expected("uncertain", 1, stopped=False)
SENT = Expected("accepted", 1, stopped=False)
STOPPED = Expected(WAITING, 0, after=WAITING, stopped=True)


def to_victim(moment: Moment, reply: str = "", how: How = How.REPLY, **more: object) -> tuple[Rule, ...]:
    return (Rule(moment, reply, how, recipient=VICTIM, **more),)  # type: ignore[arg-type]


def greylisted(bench: Bench, case: Case) -> None:
    """450 twice: two runs defer, the third will send."""
    for _ in range(2):
        run_once(bench, case)
        assert bench.state(VICTIM) == "deferred"


def small_relay(bench: Bench, case: Case) -> None:
    bench.relay.script(size=2000)
    run_once(bench, case)


LOST = {"dropped": How.DROP, "reset": How.RESET}
PATIENT = {"FACTEUR_SENDING__TIMEOUT_SECONDS": "10", "FACTEUR_SENDING__PATIENCE_SECONDS": "10"}  # for a large message

ANSWERS = (
    Case(
        14,
        "RCPT 450 twice, then 250",
        rules=to_victim(Moment.RCPT, "450 4.2.0 Greylisted", times=2),
        play=greylisted,
        seen=DEFERRED,
    ),
    Case(15, "RCPT 550 5.1.1", rules=to_victim(Moment.RCPT, "550 5.1.1 No such user"), seen=REFUSED, then=REFUSED),
    Case(16, "RCPT 421", rules=to_victim(Moment.RCPT, "421 4.3.0 Later"), seen=DEFERRED),
    Case(17, "DATA 451", rules=to_victim(Moment.DATA, "451 4.3.0 Later"), seen=DEFERRED),
    Case(17, "DATA 421", rules=to_victim(Moment.DATA, "421 4.3.0 Later"), seen=DEFERRED),
    *(
        Case(
            18,
            f"{name} in mid-body",
            rules=to_victim(Moment.BODY, how=how, at=100_000),
            pdf_bytes=LARGE,
            settings=PATIENT,
            seen=DEFERRED,
        )
        for name, how in LOST.items()
    ),
    *(
        Case(
            19,
            f"{name} after the dot, {'stored' if stored else 'not stored'}",
            rules=to_victim(Moment.FINAL, how=how, stored=stored),
            seen=STORED if stored else NOT_STORED,
            then=STORED if stored else NOT_STORED,
        )
        for name, how in LOST.items()
        for stored in (True, False)
    ),
    Case(
        20,
        "cut reply, stored",
        rules=to_victim(Moment.FINAL, "250 2.0.0 OK", How.CUT, stored=True),
        seen=STORED,
        then=STORED,
    ),
    Case(20, "cut reply, not stored", rules=to_victim(Moment.FINAL, "25", How.CUT), seen=NOT_STORED, then=NOT_STORED),
    Case(
        20,
        "garbage, stored",
        rules=to_victim(Moment.FINAL, "\x00\x01 HTTP/1.1 200 OK\r\n", How.RAW, stored=True),
        seen=STORED,
        then=STORED,
    ),
    Case(
        20, "garbage, not stored", rules=to_victim(Moment.FINAL, "???\r\n", How.RAW), seen=NOT_STORED, then=NOT_STORED
    ),
    Case(21, "451 after the dot", rules=to_victim(Moment.FINAL, "451 4.3.0 Later"), seen=DEFERRED),
    Case(21, "432 after the dot, once", rules=to_victim(Moment.FINAL, "432 4.3.2 Concurrent", times=1), seen=SENT),
    Case(21, "432 after the dot, always", rules=to_victim(Moment.FINAL, "432 4.3.2 Concurrent"), seen=STOPPED),
    Case(22, "554 5.2.252 after the dot", rules=to_victim(Moment.FINAL, "554 5.2.252 SendAsDenied"), seen=STOPPED),
    Case(
        22,
        "554 5.2.0 quota after the dot",
        rules=to_victim(Moment.FINAL, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"),
        seen=STOPPED,
    ),
    Case(22, "554 5.2.2 mailbox full", rules=to_victim(Moment.FINAL, "554 5.2.2 QuotaExceeded"), seen=STOPPED),
    Case(23, "552 after the dot", rules=to_victim(Moment.FINAL, "552 5.3.4 Too large"), seen=REFUSED, then=REFUSED),
    Case(
        23,
        "552 at MAIL",
        rules=(Rule(Moment.MAIL, "552 5.3.4 Too large", skip=1, times=1),),
        seen=REFUSED,
        then=REFUSED,
    ),
    Case(
        23,
        "larger than the announced SIZE",
        play=small_relay,
        seen=Expected("refused", 0, before="refused", after="refused"),
        then=Expected("refused", 0, before="refused", after="refused"),
    ),
    Case(24, "QUIT 421", rules=(Rule(Moment.QUIT, "421 4.3.0 Closing"),), seen=SENT),
    Case(24, "QUIT unanswered", rules=(Rule(Moment.QUIT, how=How.HANG),), seen=SENT),
    Case(24, "QUIT dropped", rules=(Rule(Moment.QUIT, how=How.DROP),), seen=SENT),
    Case(25, "silence at RCPT", rules=to_victim(Moment.RCPT, how=How.HANG), seen=DEFERRED),
    Case(25, "drips at RCPT", rules=to_victim(Moment.RCPT, "250 OK", How.DRIP, seconds=0.4), seen=DEFERRED),
    Case(
        25,
        "reads no further in the body",
        rules=to_victim(Moment.BODY, how=How.STALL, at=100_000),
        pdf_bytes=LARGE,
        settings=PATIENT,
        seen=DEFERRED,
    ),
    Case(
        25,
        "silence after the dot, stored",
        rules=to_victim(Moment.FINAL, how=How.HANG, stored=True),
        seen=STORED,
        then=STORED,
    ),
    Case(
        25,
        "silence after the dot, not stored",
        rules=to_victim(Moment.FINAL, how=How.HANG, stored=False),
        seen=NOT_STORED,
        then=NOT_STORED,
    ),
    Case(
        25,
        "drips after the dot",
        rules=to_victim(Moment.FINAL, "250 2.0.0 OK", How.DRIP, seconds=0.4, stored=True),
        seen=STORED,
        then=STORED,
    ),
)
