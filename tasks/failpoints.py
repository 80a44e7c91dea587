"""Named points on the way of a delivery, where a test may stop or kill the process; in production they do nothing."""

from __future__ import annotations

from collections.abc import Callable

on_reached: Callable[[str], None] | None = None


def reached(point: str) -> None:
    """Tell a test that the process has come to ``point``.

    In order: planned, composed, claimed, body-sent, handing-over, replied, settled, reported.
    """
    if on_reached is not None:
        on_reached(point)
