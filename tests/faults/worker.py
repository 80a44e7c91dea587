"""A process that sends what remains of a campaign, as a flow run does, but for Prefect's server.

It is forked from a server that has imported everything, so that a start costs milliseconds; it shares nothing with its
siblings but the database, the archive and the relay.
"""

from __future__ import annotations

import datetime as real
import logging
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess

import models.database.clock
import models.database.session
import tasks.delivering.sending
from models.values.campaign import CampaignReference
from models.values.documents import DocumentReference
from models.values.ending import Refusal
from models.values.kinds import Settlement
from settings.load import load_settings
from tasks import failpoints
from tasks.campaigns.remaining import remaining_documents, wait_for_leases
from tasks.campaigns.requests import read_request
from tasks.delivering.run import COMPOSING_AHEAD, SendingRun
from tasks.delivering.task import mail_document
from tasks.follow_up.settling import Answer, resends, store_answer
from tasks.follow_up.uncertain import ask_about
from tasks.monthly.choosing import store_choice
from tasks.monthly.planning import plan_month
from tasks.relays.finding import find_relays
from tests.faults.orders import At, Deed, Ended, Marks, Orders

PERIOD = "2024-09"


def start(orders: Orders) -> BaseProcess:
    """Start a worker."""
    orders.folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.worker"])
    process = context.Process(target=work, args=(orders,))
    process.start()
    return process


def work(orders: Orders) -> None:
    """The worker's whole life; what it raises is left in its folder."""
    try:
        _surround(orders)
        if orders.decide is None:
            campaign = _campaign(orders.flow_run)
            states, stops = mail(campaign, orders)
        else:
            states, stops = settle(orders.decide, orders)
        Ended(0, tuple(states), tuple(stops)).write(orders.folder / "ended.json")
    except Exception:  # noqa: BLE001 - the bench raises it
        Ended(1, error=traceback.format_exc()).write(orders.folder / "ended.json")
        sys.exit(1)


def mail(campaign: CampaignReference, orders: Orders) -> tuple[list[str], list[str]]:
    """Send what remains, on the threads of a run (see ``Orders.ahead``); what a dead predecessor held comes last."""
    with closing(_post_office(orders.flow_run)) as run:
        states = _mail(remaining_documents(campaign), run, orders)
        if orders.second_look and wait_for_leases(campaign):
            states += _mail(remaining_documents(campaign), run, orders)
        stops = [stop.sentence for stop in run.stopped]
    failpoints.reached("reported")
    return states, stops


def settle(choice: Settlement, orders: Orders) -> tuple[list[str], list[str]]:
    """A person decides on everything that is uncertain; what is to leave again leaves."""
    questions = ask_about(orders.flow_run, PERIOD)
    store_answer(orders.flow_run, Answer("ML", "appel à la famille", {choice: [q.delivery_id for q in questions]}))
    with closing(_post_office(orders.flow_run)) as run:
        return _mail(resends(orders.flow_run), run, orders), [stop.sentence for stop in run.stopped]


def _post_office(flow_run: str) -> SendingRun:
    carriers = find_relays(())
    assert not carriers.missing, carriers
    return SendingRun(carriers.relays, flow_run, load_settings())


def _mail(documents: Sequence[DocumentReference], run: SendingRun, orders: Orders) -> list[str]:
    with ThreadPoolExecutor(run.threads if orders.ahead else run.threads - COMPOSING_AHEAD) as threads:
        states = list(threads.map(lambda document: mail_document.fn(document, run), documents))
    return [state.name or "" for state in states]


def _campaign(flow_run: str) -> CampaignReference:
    request = read_request(flow_run, datetime(2024, 10, 5, tzinfo=UTC), PERIOD, None, "", "")
    assert not isinstance(request, Refusal), request
    campaign = plan_month(request, {})
    store_choice(campaign)
    return campaign


def _surround(orders: Orders) -> None:
    os.chdir(orders.folder)  # no .env of the developer's
    for name in [name for name in os.environ if name.startswith("FACTEUR_")]:
        del os.environ[name]
    os.environ.update(orders.environment)
    logging.disable()
    models.database.session.BUSY_SECONDS = orders.busy
    tasks.delivering.sending.RECORD_FOR_SECONDS = orders.record_for
    if orders.clock_days:
        _move_clock(orders.clock_days)
    failpoints.on_reached = Watch(orders).reached


def _move_clock(days: float) -> None:
    class Moved(real.datetime):
        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> real.datetime:  # type: ignore[override]
            return real.datetime.now(tz) + real.timedelta(days=days)

    models.database.clock.datetime = Moved  # type: ignore[misc]  # all of Facteur's times come from there


class Watch:
    """Counts the points, and does what was ordered at each."""

    def __init__(self, orders: Orders) -> None:
        self._deeds: Sequence[At] = orders.deeds
        self._marks = Marks(orders.folder)
        self._lock = threading.Lock()

    def reached(self, point: str) -> None:
        with self._lock:
            met = self._marks.met[point] = self._marks.met.get(point, 0) + 1
        for at in self._deeds:
            if (at.point, at.time) == (point, met):
                self._do(at)

    def _do(self, at: At) -> None:
        self._marks.reached(at.point).touch()
        match at.deed:
            case Deed.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(1)  # the signal is the process's: this thread may run on for a moment
            case Deed.STOP:
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(0.1)
            case Deed.WAIT:
                while not self._marks.go(at.point).exists():
                    time.sleep(0.01)
            case Deed.FULL:
                soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
                resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))  # Python ignores SIGXFSZ: writing fails
                threading.Thread(target=self._make_room, args=(at.point, soft, hard), daemon=True).start()

    def _make_room(self, point: str, soft: int, hard: int) -> None:
        while not self._marks.go(point).exists():
            time.sleep(0.01)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
