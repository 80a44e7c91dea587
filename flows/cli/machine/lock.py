"""One Facteur per folder: two Prefect servers on one SQLite file would spoil it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from flows.cli.machine.refusal import CannotGoOnError

PATIENCE_SECONDS = 3.0


def lock(folder: Path) -> int:
    """An open file that holds ``folder`` until it is closed everywhere; waits a moment for one that is just ending."""
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            os.close(held)
            raise CannotGoOnError(
                f"Facteur tourne déjà sur le dossier {folder.parent} : arrêtez-le d'abord, "
                "ou prenez un autre dossier avec FACTEUR_VAR."
            ) from None
        return held
