"""When a run stops of itself: the faults and refusals that speak of the relay, not of an address."""

from __future__ import annotations

import errno
from pathlib import Path

from models.rules.causes import Who, explain
from models.rules.replies import Judgement, Verdict
from models.values.ending import Stopped
from models.values.evidence import Evidence
from tasks.french.labels import observed

WAIT_FOR_RELAY = "Attendre que le serveur réponde de nouveau."

_FAULTS = {Verdict.RELAY_DELAYED, Verdict.UNCERTAIN}
_RELAY_WORKS = {Verdict.ACCEPTED, Verdict.REFUSED, Verdict.DEFERRED}

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Breaker:
    """Opens at once for a fault of the configuration or of the sender account, and for ``after`` faults in a row.

    A fault is one of the relay, or an outcome that nobody can know: a relay that loses every connection after the dot
    must not make a thousand residents uncertain. A refusal that does not name the address counts too, with those alike
    since the last acceptance. Not safe for threads: its pool holds a lock.
    """

    def __init__(self, after: int) -> None:
        self.faults_in_a_row = 0
        self._after = after
        self._suspicions: list[str] = []

    def opens(self, judgement: Judgement, evidence: Evidence) -> bool:
        """Whether this outcome, after all before it, stops the run."""
        if judgement.verdict in _FAULTS:
            self.faults_in_a_row += 1
        elif judgement.verdict in _RELAY_WORKS:
            self.faults_in_a_row = 0
        if judgement.verdict is Verdict.ACCEPTED:
            self._suspicions.clear()
        if judgement.suspicious:
            alike = f"{evidence.code} {evidence.enhanced}"
            self._suspicions = [*(seen for seen in self._suspicions if seen == alike), alike]
        return (
            judgement.verdict is Verdict.RELAY_STOPPED
            or self.faults_in_a_row >= self._after
            or len(self._suspicions) >= self._after
        )


def stop_for(evidence: Evidence) -> Stopped:
    """What is told when ``evidence`` stops a run: the cause and the remedy."""
    cause = explain(evidence)
    # Where nobody has anything to do, Facteur tries again: a stopped run does not.
    remedy = WAIT_FOR_RELAY if cause.who is Who.NOBODY else cause.remedy
    return Stopped(f"{cause.cause.rstrip('.')} ({observed(evidence)})", remedy, evidence)


def full_archive(folder: Path, error: OSError) -> Stopped:
    """What is told when a message cannot be archived: what is not kept must not leave."""
    full = error.errno in _NO_ROOM
    cause = "le disque de l'archive est plein" if full else "l'archive ne peut pas être écrite sur le disque"
    return Stopped(
        f"{cause} ({folder} : {error.strerror})",
        "Prévenez la personne qui exploite Facteur : libérer de la place, ou rétablir l'accès, puis « Retry ».",
    )
