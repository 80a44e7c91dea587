"""Ends what ``facteur up`` started when ``facteur up`` is no longer there to do it: even after a kill -9.

Its input is a pipe that only ``facteur up`` holds: the kernel closes it, however that process ends.
"""

from __future__ import annotations

import signal
import sys

from flows.cli.machine.marked_processes import end_all


def main() -> None:
    """Wait for the end of the pipe, then end every process with the mark that is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_all(sys.argv[1])


if __name__ == "__main__":
    main()
