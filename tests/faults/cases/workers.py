"""Cases 26, 27, 31 and 32: several workers, one that sleeps too long, a wrong clock, a campaign started twice."""

import signal

from tests.faults.bench import AFTER, BEFORE, VICTIM, Bench, Worker
from tests.faults.case import Case, Expected
from tests.faults.orders import At, Deed

SENT = Expected("accepted", 1)
CROWD = tuple(f"resident{number}@example.org" for number in range(20))


def together(bench: Bench, case: Case) -> None:
    """Two workers at once; more residents than the three, so that they meet often."""
    bench.settings["FACTEUR_SENDING__LEASE_SECONDS"] = "10"
    for address in CROWD:
        bench.office.add_resident(address.partition("@")[0], address)
    bench.plan()
    bench.end(*[bench.start() for _ in range(2)])


def with_connections(bench: Bench, case: Case) -> None:
    """Two workers with three threads each."""
    bench.settings["FACTEUR_SMTP__CONNECTIONS"] = "3"
    together(bench, case)


def all_of_the_crowd(bench: Bench) -> list[str]:
    return [
        f"{address}: {bench.state(address)}, {bench.copies(address)} copies"
        for address in CROWD
        if (bench.state(address), bench.copies(address)) != ("accepted", 1)
    ]


def overtaken(bench: Bench, sleeper: Worker, clock_days: float = 0.0) -> None:
    """While one worker sleeps, another one sends the campaign, when the leases have ended by its clock."""
    if not clock_days:
        bench.leases_end()
    bench.end(bench.start(clock_days=clock_days))


def asleep(point: str) -> At:
    return At(point, Deed.STOP, 2)


def sleeps(bench: Bench, case: Case) -> None:
    (at,) = case.at
    sleeper = bench.start(at)
    sleeper.wait_until(at.point)
    overtaken(bench, sleeper)
    sleeper.signal(signal.SIGCONT)
    bench.end(sleeper)


def other_clock(bench: Bench, case: Case) -> None:
    """Another machine, whose clock is a day ahead, takes the sleeping worker for dead."""
    (at,) = case.at
    sleeper = bench.start(at)
    sleeper.wait_until(at.point)
    overtaken(bench, sleeper, clock_days=1.0)
    sleeper.signal(signal.SIGCONT)
    bench.end(sleeper)


def clock_moves(bench: Bench, case: Case) -> None:
    """The campaign is run, and run again a day later, and a day before."""
    bench.run()
    bench.run(clock_days=1.0)
    bench.run(clock_days=-1.0)
    bench.run(flow_run="campaign-2", clock_days=1.0)


def started_twice(bench: Bench, case: Case) -> None:
    bench.end(*[bench.start(flow_run=f"campaign-{number}") for number in (1, 2)])


def run_again(bench: Bench, case: Case) -> None:
    bench.run()
    bench.run()
    bench.run(flow_run="campaign-2")


def one_row_each(bench: Bench) -> list[str]:
    return [
        f"{address}: {len(bench.deliveries(address))} deliveries"
        for address in (BEFORE, VICTIM, AFTER)
        if len(bench.deliveries(address)) != 1
    ]


def one_dot(bench: Bench) -> list[str]:
    """The fence held: one dot for the victim, and the body of the other attempt was never ended."""
    dots = sum(event["recipient"] == VICTIM for event in bench.relay.record.events("dot"))
    unfinished = sum(1 for _ in bench.relay.record.events("unfinished"))
    return [] if (dots, unfinished) == (1, 1) else [f"{dots} dots, {unfinished} unfinished bodies"]


WORKERS = (
    Case(26, "two workers", play=together, seen=SENT, check=all_of_the_crowd),
    Case(26, "two workers, three threads each", play=with_connections, seen=SENT, check=all_of_the_crowd),
    Case(27, "asleep before the fence", at=(asleep("body-sent"),), play=sleeps, seen=SENT, check=one_dot),
    Case(27, "asleep after the fence", at=(asleep("handing-over"),), play=sleeps, seen=SENT),
    Case(31, "clock a day on, a day back", play=clock_moves, seen=SENT, check=one_row_each),
    Case(31, "another clock, before the fence", at=(asleep("body-sent"),), play=other_clock, seen=SENT, check=one_dot),
    Case(31, "another clock, after the fence", at=(asleep("handing-over"),), play=other_clock, seen=SENT),
    Case(32, "two runs at once", play=started_twice, seen=SENT, check=one_row_each),
    Case(32, "run again", play=run_again, seen=SENT, check=one_row_each),
)
