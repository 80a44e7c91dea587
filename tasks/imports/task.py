"""The import as a task of Prefect."""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from settings.load import load_settings
from tasks.imports.report import ImportReport
from tasks.imports.run import Consent, import_here


@task(name="importer", cache_policy=NO_CACHE, persist_result=False, retries=0)
def import_folder(folder: str, consent: Consent | None = None, dry_run: bool = False) -> ImportReport:
    """Import a folder or a .zip into the ledger, all of it or nothing; what is wrong with it is in the report."""
    report = import_here(folder, load_settings().imports, consent=consent, dry_run=dry_run)
    get_run_logger().info(report.message)
    return report
