"""An SMTP server with Microsoft 365's limits: ``python -m benchmarks.throttling_server RECORD [options]``.

It counts strictly, in a sliding window, at the moment a message's dot arrives; what is too much is answered with
``432 4.3.2`` after the dot, and the quota's end with ``554 5.2.0``. It prints its port and writes a JSON line an event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Limits:
    """What the account used, and whether one message more is too much."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.open_now = 0
        self._recent: deque[float] = deque()
        self._accepted = 0
        self._record = options.record.open("a")

    def note(self, kind: str, **facts: object) -> None:
        self._record.write(json.dumps({"kind": kind, "time": time.monotonic(), **facts}) + "\n")
        self._record.flush()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Counted, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.note("mail")
        return "250 2.1.0 Sender OK"

    async def handle_DATA(self, server: Counted, session: Session, envelope: Envelope) -> str:  # noqa: N802
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - self.options.window:
            self._recent.popleft()
        if server.is_too_many:
            return self._refuse("432 4.3.2 Concurrent connections limit exceeded")
        if len(self._recent) >= self.options.messages:
            return self._refuse("432 4.3.2 STOREDRV.ClientSubmit; sender submission rate exceeded")
        if self._accepted >= self.options.quota:
            return self._refuse("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException")
        self._recent.append(now)
        self._accepted += 1
        self.note("message", recipient=envelope.rcpt_tos[0])
        return "250 2.0.0 OK"

    def _refuse(self, reply: str) -> str:
        self.note("throttled", reply=reply)
        return reply


class Counted(SMTP):
    """A session that knows whether it was one too many when it came."""

    is_too_many = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        limits: Limits = self.event_handler
        limits.open_now += 1
        self.is_too_many = limits.open_now > limits.options.connections
        limits.note("connected", open_now=limits.open_now)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.open_now -= 1
        super().connection_lost(error)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.throttling_server", description=__doc__)
    parser.add_argument("record", type=Path)
    parser.add_argument("--messages", type=int, default=30, help="in any window")
    parser.add_argument("--window", type=float, default=60.0, help="seconds")
    parser.add_argument("--connections", type=int, default=3)
    parser.add_argument("--quota", type=int, default=10_000)
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    limits = Limits(options)

    def session() -> Any:
        return Counted(limits, hostname="throttling.example", enable_SMTPUTF8=False)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(parse()))
