"""``make faults``: the table of cases, real flow runs, random weather, many workers, fuzzing; 0 only if all hold."""

from __future__ import annotations

import os
import subprocess
import sys
import time

EXAMPLES = "300"
PYTEST = ("pytest", "-q", "-p", "no:cacheprovider")
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The cases", ("tests.faults",)),
    ("Real flow runs, killed and retried", ("tests.faults.flow_runs",)),
    ("Random weather", ("tests.faults.random",)),
    ("Many workers", ("tests.faults.crowd",)),
    ("The ledger against its model", (*PYTEST, "tests/integration/test_state_machine.py")),
    ("Hostile input", (*PYTEST, "tests/integration/test_hostile.py", "tests/faults/fuzz.py")),
)


def main() -> int:
    failed = []
    for title, module in PARTS:
        print(f"\n{title}\n", flush=True)
        began = time.monotonic()
        environment = os.environ | {"FAULTS_EXAMPLES": EXAMPLES}
        code = subprocess.run([sys.executable, "-m", *module], env=environment, check=False).returncode
        print(f"\n{title}: {'holds' if code == 0 else 'DOES NOT HOLD'}, {time.monotonic() - began:.0f} s", flush=True)
        if code:
            failed.append(title)
    print(f"\n{'All of it holds.' if not failed else 'Does not hold: ' + ', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
