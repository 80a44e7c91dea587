"""One flow run of factures-mensuelles in a process of its own that kills itself at a point, as a worker may be killed.

``python -m tests.faults.flow_process FLOW_RUN_ID [POINT TIME]``; it does what a worker does for a run.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from flows.invoices import factures_mensuelles
from tasks import failpoints
from tests.faults.orders import At, Orders
from tests.faults.worker import Watch

if __name__ == "__main__":
    run, *order = sys.argv[1:]
    if order:
        at = At(order[0], time=int(order[1]))
        failpoints.on_reached = Watch(Orders(Path(tempfile.mkdtemp(prefix="facteur-")), {}, run, (at,))).reached
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(UUID(run))
    run_flow(factures_mensuelles, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
