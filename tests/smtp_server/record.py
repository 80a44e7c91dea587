"""What the scripted server saw, one JSON line an event; a stored message is on the disk before it is acknowledged."""

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One accepted copy. ``content`` is what stood before the dot, unstuffed; ``time`` is seconds since 1970."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    time: float
    user: str
    encrypted: bool
    connection: int
    mail_options: str
    rcpt_options: str


class Recorder:
    """Appends events to a file; the server's side of the record."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def note(self, kind: str, connection: int, **facts: object) -> None:
        line = json.dumps({"kind": kind, "connection": connection, "time": time.time(), **facts})
        self._file.write(line + "\n")
        self._file.flush()

    def store(self, connection: int, content: bytes, **facts: object) -> None:
        self.note("message", connection, content=base64.b64encode(content).decode("ascii"), **facts)
        os.fsync(self._file.fileno())


class Record:
    """Reads the events, while the server runs or after it was killed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(self, kind: str) -> Iterator[dict[str, Any]]:
        """The events of one kind, in order; a line that a kill cut short is left out."""
        for line in self._path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                event = json.loads(line)
                if event["kind"] == kind:
                    yield event

    def messages(self) -> list[StoredMessage]:
        return [
            StoredMessage(
                sender=event["sender"],
                recipients=tuple(event["recipients"]),
                content=base64.b64decode(event["content"]),
                time=event["time"],
                user=event["user"],
                encrypted=event["encrypted"],
                connection=event["connection"],
                mail_options=event["mail_options"],
                rcpt_options=event["rcpt_options"],
            )
            for event in self.events("message")
        ]
