"""What the mailing flows share: send what remains of a campaign, then report from the ledger."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any, cast
from uuid import UUID

from prefect import get_run_logger, unmapped
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.schemas.objects import State
from prefect.futures import PrefectConcurrentFuture, PrefectFutureList
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from models.database.clock import utc_now
from models.values.campaign import CampaignReference
from models.values.documents import DocumentReference
from models.values.ending import Outcome, Stopped
from models.values.kinds import DocumentKind
from settings.load import load_settings
from tasks.campaigns.remaining import remaining_documents, wait_for_leases
from tasks.composing.process import FEW, Composer
from tasks.delivering.one_processor import on_one_processor
from tasks.delivering.run import SendingRun
from tasks.delivering.task import mail_document
from tasks.failpoints import reached
from tasks.notices.structures import mail_report
from tasks.pages.report import close_campaign, report
from tasks.relays.expected_end import progress_words
from tasks.relays.finding import Carrier, find_relays

PROGRESS_EVERY_SECONDS = 2.0


def mail_all(campaign: CampaignReference, carriers: dict[str, Carrier]) -> State[Any]:
    """Send what remains of the campaign, then report; the run's final state."""
    return conclude(campaign, carriers, send_remaining(campaign, carriers))


def send_remaining(campaign: CampaignReference, carriers: dict[str, Carrier] | str) -> list[Stopped]:
    """Send what remains of the campaign, what a dead predecessor held last; why it stopped.

    ``carriers`` may be the sentence that says that there is no SMTP server: a campaign of letters needs none.
    """
    if isinstance(carriers, str):
        return [Stopped(carriers, "")] if remaining_documents(campaign) else []
    remaining = remaining_documents(campaign)
    with Composer(beside=len(remaining) > FEW) as composer, closing(_open_run(carriers, composer)) as run:
        _mail_each(remaining, run)
        if wait_for_leases(campaign):
            _mail_each(remaining_documents(campaign), run)
        return run.stopped


def conclude(
    campaign: CampaignReference,
    carriers: dict[str, Carrier] | str,
    stops: list[Stopped],
    printed: Outcome | None = None,
) -> State[Any]:
    """Report on the campaign from the ledger, ``printed`` being what was made of its letters; the run's final state."""
    close_campaign(campaign)
    outcome = report(campaign, stops, printed)
    reached("reported")
    for line in mail_report(campaign, {} if isinstance(carriers, str) else carriers):
        get_run_logger().warning(line)
    return (Failed if outcome.failed else Completed)(message=outcome.sentence)


def mail_documents(documents: Sequence[DocumentReference]) -> list[Stopped] | str:
    """Send documents of any campaign; why pools were closed, or a French sentence when one has no SMTP server."""
    stops: list[Stopped] = []
    for kind in DocumentKind:  # a structure's reminders may leave through another server than its invoices
        found = [document for document in documents if document.kind == kind]
        if not found:
            continue
        carriers = find_relays(tuple(sorted({document.structure for document in found})), kind.value)
        if isinstance(carriers, str):
            return carriers
        with Composer(beside=len(found) > FEW) as composer, closing(_open_run(carriers, composer)) as run:
            _mail_each(found, run)
            stops += run.stopped
    return stops


def _open_run(carriers: dict[str, Carrier], composer: Composer) -> SendingRun:
    """The run office of this flow run."""
    relays = {structure: carrier.relay for structure, carrier in carriers.items()}
    return SendingRun(relays, flow_run.get_id() or "", load_settings(), composer)


def _mail_each(documents: Sequence[DocumentReference], run: SendingRun) -> None:
    """One task run per document, on as many threads as the run keeps busy; waits, and shows the progress."""
    if not documents:
        return
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=run.threads)
    with on_one_processor(), runner:
        futures = runner.map(mail_document, {"document": list(documents), "run": unmapped(run)})
        _wait(futures, len(documents))


def _wait(futures: PrefectFutureList[PrefectConcurrentFuture[Any]], total: int) -> None:
    progress = cast("UUID", create_progress_artifact(0.0, description=f"0 document traité sur {total}"))
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
