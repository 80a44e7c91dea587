"""What the mailing flows share: send what remains of a campaign, then report from the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

from prefect import get_run_logger, unmapped
from prefect.artifacts import update_progress_artifact
from prefect.client.schemas.objects import State
from prefect.futures import PrefectConcurrentFuture, PrefectFutureList
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.ending import ended
from models.database.clock import utc_now
from models.values.campaign import CampaignReference
from models.values.documents import DocumentReference
from models.values.ending import Ending, Refusal, Stopped
from settings.load import load_settings
from tasks.campaigns.remaining import remaining_documents, wait_for_leases
from tasks.composing.process import FEW, Composer
from tasks.delivering.one_processor import on_one_processor
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.failpoints import reached
from tasks.kinds.registry import KINDS
from tasks.notices.structures import mail_report
from tasks.pages.publishing import publish_progress
from tasks.pages.report import close_campaign, report
from tasks.relays.expected_end import progress_words
from tasks.relays.finding import Carriers, find_relays

PROGRESS_EVERY_SECONDS = 2.0


def mail_all(campaign: CampaignReference, carriers: Carriers) -> State[Any]:
    """Send what remains of the campaign, then report; the run's final state."""
    return conclude(campaign, carriers, send_remaining(campaign, carriers))


def send_remaining(campaign: CampaignReference, carriers: Carriers) -> list[Stopped]:
    """Send what remains of the campaign, what a dead predecessor held last; why it stopped.

    Without an SMTP server only what is to be mailed stops the run: a campaign of letters needs none.
    """
    remaining = remaining_documents(campaign)
    if carriers.refusal:
        return [Stopped(carriers.refusal.sentence, "")] if remaining else []
    with _sending_run(carriers, len(remaining)) as run:
        _mail_each(remaining, run)
        if wait_for_leases(campaign):
            _mail_each(remaining_documents(campaign), run)
        return run.stopped


def conclude(
    campaign: CampaignReference, carriers: Carriers, stops: list[Stopped], printed: Ending | None = None
) -> State[Any]:
    """Report on the campaign from the ledger, ``printed`` being what was made of its letters; the run's final state."""
    ending = report(campaign, stops, printed)
    close_campaign(campaign)
    reached("reported")
    for line in mail_report(campaign, carriers):
        get_run_logger().warning(line)
    return ended(ending)


def mail_documents(documents: Sequence[DocumentReference]) -> list[Stopped] | Refusal:
    """Send documents of any campaign; why pools were closed, or a Refusal when one has no SMTP server."""
    stops: list[Stopped] = []
    for kind in KINDS.values():  # a structure's reminders may leave through another server than its invoices
        found = [document for document in documents if document.kind == kind.name]
        if not found:
            continue
        carriers = find_relays(tuple(sorted({document.structure for document in found})), kind.relay_suffix)
        if carriers.refusal:
            return carriers.refusal
        with _sending_run(carriers, len(found)) as run:
            _mail_each(found, run)
            stops += run.stopped
    return stops


@contextmanager
def _sending_run(carriers: Carriers, documents: int) -> Iterator[SendingRun]:
    """The context of this flow run's sendings; a process beside composes where there are more than a few."""
    with (
        Composer(beside=documents > FEW) as composer,
        closing(SendingRun(carriers.relays, flow_run.get_id() or "", load_settings(), composer)) as run,
    ):
        yield run


def _mail_each(documents: Sequence[DocumentReference], run: SendingRun) -> None:
    """One task run per document, on as many threads as the run keeps busy; waits, and shows the progress."""
    if not documents:
        return
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=run.threads)
    with on_one_processor(), runner:
        futures = runner.map(mail_document, {"document": list(documents), "run": unmapped(run)})
        _wait(futures, len(documents))


def _wait(futures: PrefectFutureList[PrefectConcurrentFuture[Any]], total: int) -> None:
    progress = publish_progress(0.0, f"0 document traité sur {total}")
    began_at = shown_at = time.monotonic()
    for done, future in enumerate(futures):
        running = cast("PrefectConcurrentFuture[Any]", future).wrapped_future
        while not running.done():  # `future.state` would ask the server each time
            future.wait(timeout=PROGRESS_EVERY_SECONDS)
            if time.monotonic() - shown_at >= PROGRESS_EVERY_SECONDS:
                shown_at = time.monotonic()
                words = progress_words(done, total, shown_at - began_at, utc_now())
                update_progress_artifact(progress, progress=100 * done / total, description=words)
    update_progress_artifact(progress, progress=100.0, description=progress_words(total, total, 0, utc_now()))
