"""The fault bench, ``make faults``: each fault that a mailing can meet, on real processes, and the invariants after it.

A worker is a process that runs Facteur's own mailing code on a campaign (``tests/faults/worker.py``) and is really
killed; the relay is the scripted server in its own process, whose record is what copies are counted from. Workers do
without Prefect's server, so that a case costs a second; ``tests/faults/flow_runs.py`` kills and retries real flow runs.
"""
