"""Which runs Prefect's automations watch, and what makes one worth a notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

WATCHED = ("factures-mensuelles", "relances", "relancer-les-echecs", "editer-les-courriers")
REVIEWED = ("factures-mensuelles", "relances", "regler-les-incertains")
WENT_ON = ("Resuming", "Pending", "Running", "Cancelling", "Cancelled", "Completed", "Failed", "Crashed")
STARTED = ("Pending", "Running", "AwaitingConcurrencySlot", "Cancelling", "Cancelled", "Completed", "Failed", "Crashed")


@dataclass(frozen=True, slots=True)
class Watch:
    """One automation: it fires at once on ``after``, or when none of ``unless`` came ``within`` that time after it."""

    name: str
    description: str
    reason: str
    flows: tuple[str, ...]
    after: tuple[str, ...]
    unless: tuple[str, ...] = ()
    within: timedelta = timedelta(0)


def watches(review_after: timedelta, late_after: timedelta) -> tuple[Watch, ...]:
    """What is watched. ``avertir`` is in no list: a notice that fails must not ask for another one."""
    return (
        Watch(
            "Facteur : prévenir d'un échec",
            "Un envoi, une relance ou une édition de courriers a échoué : l'exploitant reçoit un e-mail.",
            "échec",
            WATCHED,
            after=("Failed", "Crashed", "TimedOut"),
        ),
        Watch(
            "Facteur : prévenir d'une relecture oubliée",
            "Une exécution attend la réponse d'une personne depuis longtemps (FACTEUR_NOTICES__REVIEW_HOURS).",
            "relecture en attente",
            REVIEWED,
            after=("Suspended", "Paused"),
            unless=WENT_ON,
            within=review_after,
        ),
        Watch(
            "Facteur : prévenir d'un envoi qui ne démarre pas",
            "Une exécution prévue est en retard (FACTEUR_NOTICES__LATE_MINUTES).",
            "pas démarrée",
            WATCHED,
            after=("Late",),
            unless=STARTED,
            within=late_after,
        ),
    )
