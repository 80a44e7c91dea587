"""The ledger against a model of it: whatever order workers, clocks, replies and persons come in, both agree."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from models.database.schema import migrate
from models.database.session import engine, reading, writing
from models.ledger import steps
from models.rules.replies import Verdict
from models.rules.states import FINAL, DeliveryState
from models.tables.campaign import Campaign
from models.tables.delivery import Attempt, Delivery
from models.tables.document import Document
from models.tables.invoice import Invoice
from models.values.campaign import REAL
from models.values.evidence import Evidence, Fault, Stage
from models.values.kinds import INVOICE
from tests.workplace import Workplace, add_structure

S = DeliveryState
T = TypeVar("T")
EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "25"))
LEASE_SECONDS = 60
ADDRESS = "a@example.org"

# How an attempt may end: where it stood, the state that follows, the evidence, the verdict, and whether a copy exists.
BEFORE_THE_DOT = {
    "connection lost": (S.COMPOSED, Evidence(Stage.BODY, fault=Fault.DROPPED), Verdict.RECONNECT),
    "greylisted": (S.DEFERRED, Evidence(Stage.RCPT, 450), Verdict.DEFERRED),
    "no such user": (S.REFUSED, Evidence(Stage.RCPT, 550, "5.1.1"), Verdict.REFUSED),
}
AFTER_THE_DOT = {
    "250": (S.ACCEPTED, Evidence(Stage.FINAL, 250), Verdict.ACCEPTED, True),
    "lost, stored": (S.UNCERTAIN, Evidence(Stage.FINAL, fault=Fault.DROPPED), Verdict.UNCERTAIN, True),
    "lost, not stored": (S.UNCERTAIN, Evidence(Stage.FINAL, fault=Fault.DROPPED), Verdict.UNCERTAIN, False),
    "451": (S.DEFERRED, Evidence(Stage.FINAL, 451), Verdict.DEFERRED, False),
    "552": (S.REFUSED, Evidence(Stage.FINAL, 552), Verdict.REFUSED, False),
    "quota": (S.COMPOSED, Evidence(Stage.FINAL, 554, "5.2.0"), Verdict.RELAY_STOPPED, False),
}


@dataclass
class Model:
    """What the ledger should hold of the one delivery, and what the relay holds."""

    state: DeliveryState = S.PLANNED
    attempt: int = 0
    lease_ends: datetime | None = None
    claimed: set[int] = field(default_factory=set)  # attempts whose worker lives and has written no dot
    handing_over: set[int] = field(default_factory=set)  # attempts whose worker lives and has written its dot
    copies: int = 0
    decided: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """Any number of workers that may die or wake up late, one delivery, one clock that only the rules move."""

    template: Path

    @initialize()
    def plan(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="facteur-machine-")
        path = Path(self.folder.name) / "facteur.db"
        shutil.copy(self.template, path)
        self.url = f"sqlite:///{path}"
        self.now = datetime(2024, 10, 5, tzinfo=UTC)
        self.model = Model()
        with writing(self.url) as session:
            self.key = session.scalars(select(Delivery.id)).one()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            engine(self.url).dispose()
            self.folder.cleanup()

    def do(self, step: Callable[..., T], *arguments: Any, **more: Any) -> T:
        with writing(self.url) as session:
            connection: Connection = session.connection()
            return step(connection, *arguments, **more, now=self.now)

    @rule(how=st.sampled_from(["compose", "claim"]))
    def claim(self, how: str) -> None:
        """Any worker tries to get the row, in the state that it last saw."""
        lease = self.now + timedelta(seconds=LEASE_SECONDS)
        words = {"flow_run_id": "run", "relay": "relay", "leased_until": lease}
        if how == "compose":
            seen = {S.PLANNED}
            number = self.do(
                steps.compose_and_claim, self.key, fingerprint="f", archive_key="a", message_id="m", **words
            )
        else:
            seen = {S.COMPOSED, S.DEFERRED}
            number = next(
                (n for state in sorted(seen) if (n := self.do(steps.claim, self.key, state, **words)) is not None),
                None,
            )
        assert (number is not None) == (self.model.state in seen)
        if number is not None:
            self.model.state, self.model.lease_ends = S.CLAIMED, lease
            self.model.attempt += 1
            assert number == self.model.attempt
            self.model.claimed.add(number)

    @precondition(lambda self: self.model.claimed)
    @rule(data=st.data())
    def write_the_dot(self, data: st.DataObject) -> None:
        """A worker that has written a body asks the fence; only with its leave does it write the dot."""
        number = data.draw(st.sampled_from(sorted(self.model.claimed)))
        lease = self.now + timedelta(seconds=LEASE_SECONDS)
        allowed = self.do(steps.begin_handing_over, self.key, number, leased_until=lease)
        assert allowed == (self.model.state is S.CLAIMED and self.model.attempt == number)
        self.model.claimed.discard(number)
        if allowed:
            self.model.state, self.model.lease_ends = S.HANDING_OVER, lease
            self.model.handing_over.add(number)

    @precondition(lambda self: self.model.claimed)
    @rule(data=st.data(), outcome=st.sampled_from(sorted(BEFORE_THE_DOT)))
    def fail_before_the_dot(self, data: st.DataObject, outcome: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.claimed)))
        self.model.claimed.discard(number)
        self._settle(number, *BEFORE_THE_DOT[outcome])

    @precondition(lambda self: self.model.handing_over)
    @rule(data=st.data(), outcome=st.sampled_from(sorted(AFTER_THE_DOT)))
    def answer(self, data: st.DataObject, outcome: str) -> None:
        """The relay answers, late or not, or the connection is lost."""
        number = data.draw(st.sampled_from(sorted(self.model.handing_over)))
        self.model.handing_over.discard(number)
        after, evidence, verdict, stored = AFTER_THE_DOT[outcome]
        self.model.copies += stored
        self._settle(number, after, evidence, verdict)

    def _settle(self, number: int, after: DeliveryState, evidence: Evidence, verdict: Verdict) -> None:
        not_before = self.now + timedelta(minutes=15) if after is S.DEFERRED else None
        counted = after is S.DEFERRED
        moved = self.do(
            steps.settle, self.key, number, after, evidence, verdict, not_before=not_before, counted=counted
        )
        held = self.model.attempt == number and self.model.state in {S.CLAIMED, S.HANDING_OVER, S.UNCERTAIN}
        changes = held and self.model.state is not after
        assert moved == changes
        if moved:
            self.model.state, self.model.lease_ends = after, None

    @precondition(lambda self: self.model.claimed | self.model.handing_over)
    @rule(data=st.data(), stored=st.booleans())
    def die(self, data: st.DataObject, stored: bool) -> None:
        """A worker is killed; what it had handed over may have been stored."""
        number = data.draw(st.sampled_from(sorted(self.model.claimed | self.model.handing_over)))
        if number in self.model.handing_over:
            self.model.copies += stored
        self.model.claimed.discard(number)
        self.model.handing_over.discard(number)

    @rule(seconds=st.sampled_from([1, LEASE_SECONDS - 1, LEASE_SECONDS + 1, 86_400]))
    def look_for_lost_leases(self, seconds: int) -> None:
        """Time passes, and some run begins by taking up what the dead left; the living may be taken for dead."""
        self.now += timedelta(seconds=seconds)
        moved = self.do(steps.end_lost_leases)
        over = self.model.lease_ends is not None and self.model.lease_ends < self.now
        expected = {S.CLAIMED: S.COMPOSED, S.HANDING_OVER: S.UNCERTAIN}.get(self.model.state) if over else None
        assert {state: number for state, number in moved.items() if number} == ({expected: 1} if expected else {})
        if expected:
            self.model.state, self.model.lease_ends = expected, None

    @rule(after=st.sampled_from([S.ACCEPTED, S.COMPOSED, S.WITHDRAWN]))
    def decide(self, after: DeliveryState) -> None:
        """A person decides; on anything but the uncertain that changes nothing."""
        moved = self.do(steps.decide, self.key, after, note="ML")
        assert moved == (self.model.state is S.UNCERTAIN)
        if moved:
            self.model.state = after
            self.model.decided += 1

    @rule(state=st.sampled_from([S.COMPOSED, S.DEFERRED]))
    def change_the_source(self, state: DeliveryState) -> None:
        moved = self.do(steps.replan, self.key, state)
        assert moved == (self.model.state is state)
        if moved:
            self.model.state = S.PLANNED

    @rule()
    def fail_composing(self) -> None:
        moved = self.do(steps.fail_composing, self.key, flow_run_id="run", sentence="pas d'expéditeur")
        assert moved == (self.model.state is S.PLANNED)
        self.model.attempt += moved

    @rule()
    def give_up(self) -> None:
        moved = self.do(steps.abandon, self.key)
        assert moved == (self.model.state is S.DEFERRED)
        if moved:
            self.model.state = S.ABANDONED

    @precondition(lambda self: self.model.attempt > 6)
    @rule(state=st.sampled_from([S.PLANNED, S.COMPOSED, S.DEFERRED]))
    def withdraw(self, state: DeliveryState) -> None:
        moved = self.do(steps.withdraw, self.key, state, note="adresse changée")
        assert moved == (self.model.state is state)
        if moved:
            self.model.state = S.WITHDRAWN

    @invariant()
    def the_ledger_is_what_the_model_is(self) -> None:
        if not hasattr(self, "model"):
            return
        with reading(self.url) as session:
            row = session.scalars(select(Delivery)).one()
            attempts = session.scalars(select(Attempt).order_by(Attempt.number)).all()
            assert (row.state, row.attempt) == (self.model.state, self.model.attempt)
            assert [attempt.number for attempt in attempts] == list(range(1, self.model.attempt + 1))
            leased = self.model.state in {S.CLAIMED, S.HANDING_OVER}
            assert (row.leased_until is not None) == leased
            assert (row.not_before is not None) == (self.model.state is S.DEFERRED)
            assert all(attempt.ended_at for attempt in attempts[: -1 if leased else None])

    @invariant()
    def no_copy_is_made_twice_or_forgotten(self) -> None:
        """At most one copy, unless a person decided; a copy says accepted or uncertain, and accepted says a copy."""
        if not hasattr(self, "model"):
            return
        model = self.model
        assert model.copies + len(model.handing_over) <= 1 + model.decided
        if model.copies and not model.decided:
            assert model.state in {S.ACCEPTED, S.UNCERTAIN, S.HANDING_OVER}
        if model.state is S.ACCEPTED and not model.decided:
            assert model.copies == 1
        if model.state in FINAL - {S.ACCEPTED} and not model.decided:
            assert model.copies == 0


def test_the_ledger_behaves_as_its_model_does(tmp_path: Path) -> None:
    """Random orders of claims, fences, replies, deaths, late wakings, lost leases and decisions."""
    LedgerMachine.template = _one_delivery(tmp_path / "template.db")
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def _one_delivery(path: Path) -> Path:
    """A database with one planned delivery."""
    url = f"sqlite:///{path}"
    migrate(url)
    add_structure(url)
    Workplace(url, None).add_resident("Aubert", ADDRESS)  # type: ignore[arg-type]
    now = datetime(2024, 10, 5, tzinfo=UTC)
    with writing(url) as session:
        document = Document(kind=INVOICE, invoice_id=session.scalars(select(Invoice.id)).one())
        campaign = Campaign(
            flow_run_id="run", kind=INVOICE, period="2024-09", structures=[], parameters={}, created_at=now
        )
        session.add_all([document, campaign])
        session.flush()
        session.add(
            Delivery(
                document_id=document.id,
                version=1,
                address=ADDRESS,
                purpose=REAL,
                role="resident",
                campaign_id=campaign.id,
                changed_at=now,
            )
        )
    engine(url).dispose()
    return path
