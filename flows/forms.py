"""The forms of suspended runs: what they are made of, and how their answers come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar, cast
from uuid import UUID

from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from pydantic import Field, WithJsonSchema, create_model

PATIENCE_SECONDS = 14 * 24 * 3600
INITIALS = "vos_initiales"
LONGEST_INITIALS = 20

T = TypeVar("T")


class Form:
    """A form, field by field; ``key`` is what Prefect keeps it under.

    A field that holds None must be filled in.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._fields: dict[str, Any] = {}

    def initials(self, explanation: str, held: str | None = None) -> Self:
        """The first entry of a form, which also says, in Markdown, what the form is about.

        The UI squeezes the description of a form that is higher than the window to nothing; that of an entry it does
        not.
        """
        limits = {"min_length": 1, "max_length": LONGEST_INITIALS}
        return self._add(INITIALS, str, held or None, title="Vos initiales", description=explanation, **limits)

    def text(self, name: str, title: str, held: str | None = "", help: str = "", **limits: int) -> Self:
        """Words, on one line or several; ``limits`` are ``min_length`` and ``max_length``."""
        return self._add(name, str, held, title=title, description=help or None, **limits)

    def number(self, name: str, title: str, held: object = None) -> Self:
        """A whole number."""
        return self._add(name, int, held, title=title)

    def switch(self, name: str, title: str, help: str = "", *, held: bool = False) -> Self:
        """Yes or no."""
        return self._add(name, bool, held, title=title, description=help)

    def pick(self, name: str, labels: tuple[str, ...], title: str, held: object, help: str = "") -> Self:
        """One of ``labels``."""
        return self._add(name, _one_of(labels), held, title=title, description=help or None)

    def choose(self, name: str, labels: tuple[str, ...], title: str, help: str = "", held: Sequence[str] = ()) -> Self:
        """Any of ``labels``, at first those that are held; without labels there is no field."""
        if not labels:
            return self
        kind: Any = list[_one_of(labels)]  # type: ignore[misc]
        return self._add(name, kind, list(held), title=title, description=help or None)

    def ask(self) -> dict[str, Any]:
        """Suspend the run until a person has answered; the answer by the fields' names."""
        return suspend_flow_run(wait_for_input=self._model(), key=self._key, timeout=PATIENCE_SECONDS).model_dump()

    def ask_as_number(self, number: int) -> NoReturn:
        """Suspend the run under a key that no form of it had: it goes on from its first line when it was answered."""
        suspend_flow_run(wait_for_input=self._model(), key=_numbered(self._key, number), timeout=PATIENCE_SECONDS)
        raise RuntimeError("a form that was never shown before suspends its run")

    def _add(self, name: str, kind: Any, held: object, **about: Any) -> Self:
        self._fields[name] = (kind, Field(**about) if held is None else Field(default=held, **about))
        return self

    def _model(self) -> type[RunInput]:
        name = "".join(word.capitalize() for word in self._key.split("-"))
        return cast("type[RunInput]", create_model(name, __base__=RunInput, **self._fields))


def ask_until_right(
    flow_run_id: str, key: str, first: Callable[[], Form], read: Callable[[Mapping[str, Any], int], T | Form]
) -> tuple[Mapping[str, Any], T]:
    """Show ``first``, and the form that ``read`` makes of a wrong answer, until the answer is right.

    ``read`` is given what was typed, and the number of the form that it answers: the first is 1, or 0 where an earlier
    version of Facteur showed it. Returns what the first form held, and what was read.

    All is read from the run's stored inputs and not through the pause keys: a Retry clears those, and a form that is
    shown a second time under one key can never be answered.
    """
    run = UUID(flow_run_id)
    number = answered = 0 if _stored(key, 0, "schema", run) else 1
    held, typed = dict[str, Any](), dict[str, Any]()
    while schema := _stored(key, number, "schema", run):
        if not typed:
            held = {name: about["default"] for name, about in schema["properties"].items() if "default" in about}
        if response := _stored(key, number, "response", run):
            typed, answered = response, number
        number += 1
    if not typed:
        first().ask_as_number(number)
    found = read(typed, answered)
    if isinstance(found, Form):
        found.ask_as_number(number)
    return held, found


def _one_of(labels: tuple[str, ...]) -> Any:
    """The type of an entry that is chosen from ``labels``.

    Of a single label Pydantic alone would make a "const", which the UI does not show as something to choose.
    """
    return Annotated[Literal[labels], WithJsonSchema({"type": "string", "enum": list(labels)})]


def _numbered(key: str, number: int) -> str:
    """Forms had no number once: the one of before has the number 0."""
    return f"{key}-{number}" if number else key


def _stored(key: str, number: int, what: Literal["schema", "response"], run: UUID) -> dict[str, Any] | None:
    stored = keyset_from_base_key(f"suspended-{_numbered(key, number)}")[what]
    return cast("dict[str, Any] | None", read_flow_run_input(stored, flow_run_id=run))
