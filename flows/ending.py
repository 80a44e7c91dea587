"""How a run ends in the UI: its page, and a final state with the sentence that a person reads."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from models.values.ending import Ending, Refusal
from tasks.pages.publishing import publish_page


def ended(ending: Ending | Refusal, description: str = "") -> State[Any]:
    """Publish the page that the ending has, under ``description``, and end the run; a Refusal fails it."""
    if isinstance(ending, Refusal):
        return Failed(message=ending.sentence)
    if ending.page and ending.key:
        publish_page(ending.key, description, ending.page)
    return (Failed if ending.failed else Completed)(message=ending.sentence)
