"""Cases 1 to 7: the process is killed at each point of a message's way."""

from tests.faults.bench import VICTIM, Bench, wait_for
from tests.faults.case import WAITING, Case, Expected
from tests.faults.orders import At
from tests.smtp_server.script import How, Moment, Rule

LARGE = 12_000_000
PATIENT = {"FACTEUR_SENDING__TIMEOUT_SECONDS": "30", "FACTEUR_SENDING__PATIENCE_SECONDS": "30"}  # for a large message
UNTOUCHED = {"after": WAITING}


def kill_after_the_dot(bench: Bench, _: Case) -> None:
    """The relay has read the dot, and says nothing."""
    worker = bench.start()
    wait_for(lambda: any(e["recipient"] == VICTIM for e in bench.relay.record.events("dot")), "the dot")
    worker.kill()


def kill_in_the_body(bench: Bench, _: Case) -> None:
    """The relay reads no further: the worker is stuck in writing a large message."""
    worker = bench.start()
    asked = [f"RCPT TO:<{VICTIM}>", "DATA"]
    wait_for(lambda: [line.split(" NOTIFY")[0] for line in bench.relay.commands()[-2:]] == asked, "the body")
    wait_for(lambda: bench.state(VICTIM) == "claimed", "the claim")
    worker.kill()
    assert not worker.marks.reached("body-sent").exists()


def no_dot(bench: Bench) -> list[str]:
    dots = [event for event in bench.relay.record.events("dot") if event["recipient"] == VICTIM]
    return ["a dot was sent for the victim"] if dots else []


UNCERTAIN_0 = Expected("uncertain", 0)
UNCERTAIN_1 = Expected("uncertain", 1)

KILLS = (
    Case(
        1,
        "kill after the choice",
        at=(At("planned"),),
        seen=Expected("planned", 0, before="planned", after="planned"),
    ),
    Case(1, "kill before the claim", at=(At("composed", time=2),), seen=Expected(WAITING, 0, **UNTOUCHED)),
    Case(2, "kill after the claim", at=(At("claimed", time=2),), seen=Expected("claimed", 0, **UNTOUCHED)),
    Case(
        3,
        "kill while the body is written",
        rules=(Rule(Moment.BODY, how=How.STALL, at=100_000, recipient=VICTIM),),
        pdf_bytes=LARGE,
        settings=PATIENT,
        play=kill_in_the_body,
        seen=Expected("claimed", 0, **UNTOUCHED),
    ),
    Case(3, "kill before the fence", at=(At("body-sent", time=2),), seen=Expected("claimed", 0, **UNTOUCHED)),
    Case(
        4,
        "kill between fence and dot",
        at=(At("handing-over", time=2),),
        seen=Expected("handing_over", 0, **UNTOUCHED),
        then=UNCERTAIN_0,
        check=no_dot,
    ),
    Case(
        5,
        "kill after the dot, stored",
        rules=(Rule(Moment.FINAL, how=How.HANG, recipient=VICTIM, stored=True),),
        play=kill_after_the_dot,
        seen=Expected("handing_over", 1, **UNTOUCHED),
        then=UNCERTAIN_1,
        settings={"FACTEUR_SENDING__PATIENCE_SECONDS": "60"},
    ),
    Case(
        5,
        "kill after the dot, not stored",
        rules=(Rule(Moment.FINAL, how=How.HANG, recipient=VICTIM, stored=False),),
        play=kill_after_the_dot,
        seen=Expected("handing_over", 0, **UNTOUCHED),
        then=UNCERTAIN_0,
        settings={"FACTEUR_SENDING__PATIENCE_SECONDS": "60"},
    ),
    Case(
        6,
        "kill between 250 and commit",
        at=(At("replied", time=2),),
        seen=Expected("handing_over", 1, **UNTOUCHED),
        then=UNCERTAIN_1,
    ),
    Case(7, "kill after the commit", at=(At("settled", time=2),), seen=Expected("accepted", 1, **UNTOUCHED)),
    Case(7, "kill after the report", at=(At("reported"),), seen=Expected("accepted", 1)),
)
