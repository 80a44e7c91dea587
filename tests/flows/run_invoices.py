"""Runs one flow run of factures-mensuelles in a process of its own: ``python -m tests.flows.run_invoices FLOW_RUN_ID``.

It does what a worker does for a run, so that a test can kill it and start the same run again, as Retry does.
"""

import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from flows.invoices import factures_mensuelles

if __name__ == "__main__":
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(UUID(sys.argv[1]))
    state = run_flow(factures_mensuelles, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
    print(state)
