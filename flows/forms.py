"""What the forms of suspended runs are made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema


def one_of(labels: tuple[str, ...]) -> Any:
    """The type of an entry that is chosen from ``labels``, for a list in a form.

    Of a single label Pydantic alone would make a "const", which the UI does not show as something to choose.
    """
    return Annotated[Literal[labels], WithJsonSchema({"type": "string", "enum": list(labels)})]
