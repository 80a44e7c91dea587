"""What the forms of suspended runs are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from pydantic import Field, WithJsonSchema


def one_of(labels: tuple[str, ...]) -> Any:
    """The type of an entry that is chosen from ``labels``, for a list in a form.

    Of a single label Pydantic alone would make a "const", which the UI does not show as something to choose.
    """
    return Annotated[Literal[labels], WithJsonSchema({"type": "string", "enum": list(labels)})]


def initials_entry(explanation: str) -> Any:
    """The first entry of a form, which also says, in Markdown, what the form is about.

    The UI squeezes the description of a form that is higher than the window to nothing; that of an entry it does not.
    """
    return (str, Field(title="Vos initiales", description=explanation, min_length=1, max_length=20))


@dataclass(frozen=True, slots=True)
class Answers:
    """A form that a run shows until its answer is right: what the first one held, the last answer, the next number."""

    shown: Mapping[str, Any]
    typed: Mapping[str, Any] | None
    next_number: int


def read_answers(flow_run_id: str, form: str) -> Answers:
    """What was shown and answered in this run under ``form``.

    Read from the run's stored inputs and not through the pause keys: a Retry clears those, and a form that is shown a
    second time under one key can never be answered.
    """
    run = UUID(flow_run_id)
    number, shown = 1, dict[str, Any]()
    typed: Mapping[str, Any] | None = None
    while schema := _stored(form, number, "schema", run):
        if typed is None:
            shown = {name: about["default"] for name, about in schema["properties"].items() if "default" in about}
        typed = _stored(form, number, "response", run) or typed
        number += 1
    return Answers(shown, typed, number)


def form_key(form: str, number: int) -> str:
    """The key to suspend a run with."""
    return f"{form}-{number}"


def _stored(form: str, number: int, what: Literal["schema", "response"], run: UUID) -> dict[str, Any] | None:
    key = keyset_from_base_key(f"suspended-{form_key(form, number)}")[what]
    return cast("dict[str, Any] | None", read_flow_run_input(key, flow_run_id=run))
