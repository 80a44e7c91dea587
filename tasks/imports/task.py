"""The import as a task of Prefect."""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from settings.load import load_settings
from tasks.imports.report import ImportReport
from tasks.imports.run import import_here


@task(name="importer", cache_policy=NO_CACHE, persist_result=False, retries=0)
def import_folder(folder: str) -> ImportReport:
    """Import a folder or a .zip into the ledger, all of it or nothing; what is wrong with it is in the report."""
    report = import_here(folder, load_settings().imports)
    get_run_logger().info(report.message)
    return report
