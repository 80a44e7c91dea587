"""How the list of runs calls a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prefect.runtime import flow_run


def named(describe: Callable[[Mapping[str, Any]], str]) -> Callable[[], str]:
    """A run's name, made of its parameters; computed, because a template shows an empty parameter as None."""

    def run_name() -> str:
        return describe(flow_run.get_parameters() or {})

    return run_name


def structures_of(asked: Mapping[str, Any]) -> str:
    """The codes that a run was asked for, or that it is about all structures."""
    return ", ".join(asked.get("structures") or ()) or "toutes les structures"


def written(asked: Mapping[str, Any], parameter: str) -> str:
    """What was typed as a parameter, on one line; empty when nothing was."""
    return " ".join(str(asked.get(parameter) or "").split())


def trial(asked: Mapping[str, Any], parameter: str = "rediriger_vers") -> str:
    """What is added to the name of a trial."""
    return " · essai" if asked.get(parameter) else ""
