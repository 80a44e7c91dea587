"""Case 34: a person settles what is uncertain."""

from models.database.session import reading
from models.tables.decision import Decision
from models.values.kinds import Settlement
from tests.faults.bench import VICTIM, Bench
from tests.faults.case import Case, Expected
from tests.smtp_server.script import How, Moment, Rule


def lost(stored: bool) -> tuple[Rule, ...]:
    return (Rule(Moment.FINAL, how=How.DROP, recipient=VICTIM, stored=stored),)


def resent(bench: Bench, case: Case) -> None:
    bench.run()
    assert bench.state(VICTIM) == "uncertain"
    bench.relay.script()
    bench.run(flow_run="settling", decide=Settlement.RESEND)


def arrived(bench: Bench, case: Case) -> None:
    bench.run()
    assert bench.state(VICTIM) == "uncertain"
    bench.relay.script()
    bench.run(flow_run="settling", decide=Settlement.ARRIVED)


def withdrawn(bench: Bench, case: Case) -> None:
    bench.run()
    bench.relay.script()
    bench.run(flow_run="settling", decide=Settlement.WITHDRAW)


def recorded(bench: Bench) -> list[str]:
    """Who decided, and the same bytes under the same Message-ID (which the invariants compare with the archive)."""
    with reading(bench.database) as session:
        decisions = session.query(Decision).all()
        wrong = [] if [d.initials for d in decisions] == ["ML"] else [f"{len(decisions)} decisions recorded"]
    contents = {m.content for m in bench.relay.messages() if VICTIM in m.recipients}
    return wrong + ([] if len(contents) <= 1 else ["two different contents"])


def sent(copies: int, state: str = "accepted") -> dict[str, Expected]:
    return {"seen": Expected(state, copies), "then": Expected(state, copies)}


PEOPLE = (
    Case(34, "resent, had arrived", rules=lost(True), play=resent, check=recorded, **sent(2)),
    Case(34, "resent, had not arrived", rules=lost(False), play=resent, check=recorded, **sent(1)),
    Case(34, "settled as arrived", rules=lost(True), play=arrived, check=recorded, **sent(1)),
    Case(34, "withdrawn", rules=lost(False), play=withdrawn, check=recorded, **sent(0, "withdrawn")),
)
