"""Runs one flow run of relances in a process of its own, as run_invoices does."""

import sys
from contextlib import suppress
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow

from flows.reminders import relances

if __name__ == "__main__":
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(UUID(sys.argv[1]))
    with suppress(Pause):
        print(run_flow(relances, flow_run=flow_run, parameters=flow_run.parameters, return_type="state"))
