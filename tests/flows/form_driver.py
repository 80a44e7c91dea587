"""Drives a flow that asks its questions in forms: what a worker does with its run, and a clerk with its form."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.input.actions import read_flow_run_input
from prefect.states import AwaitingRetry

INITIALS = "vos_initiales"


@dataclass(frozen=True)
class FormDriver:
    """A clerk before one flow's forms."""

    flow: Flow[..., Any]

    def create_run(self, **parameters: Any) -> UUID:
        """A run of a deployment: no other can be suspended."""
        with get_client(sync_client=True) as client:
            flow_id = client.create_flow(self.flow)
            deployment = client.create_deployment(flow_id, name="essai")
            return client.create_flow_run_from_deployment(deployment, parameters=parameters).id

    def work(self, flow_run_id: UUID) -> State[Any]:
        """What a worker does with a run."""
        with get_client(sync_client=True) as client:
            flow_run = client.read_flow_run(flow_run_id)
        with suppress(Pause):
            run_flow(self.flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run_id).state
        assert state is not None
        return state

    def retry(self, flow_run_id: UUID) -> State[Any]:
        """The Retry that forgets which forms were answered."""
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(flow_run_id, AwaitingRetry(), force=True)
        return self.work(flow_run_id)

    def answer(self, flow_run_id: UUID, held: dict[str, Any], **typed: Any) -> State[Any]:
        """Send the form back as the UI does: what it held and what was typed, without the fields that were emptied."""
        words = {
            name: value
            for name, value in (held | typed).items()
            if value is not None and (value != "" or not held.get(name))
        }
        with get_client(sync_client=True) as client:
            result = client.resume_flow_run(flow_run_id, run_input=words)
        assert result.status == "ACCEPT", result
        return self.work(flow_run_id)


def fields_of(state: State[Any], flow_run_id: UUID) -> dict[str, Any]:
    """The fields of the form that the run waits with, as its schema has them."""
    assert state.name == "Suspended", state
    keys = state.state_details.run_input_keyset
    assert keys is not None
    schema: Any = read_flow_run_input(keys["schema"], flow_run_id=flow_run_id)
    fields: dict[str, Any] = schema["properties"]
    return fields


def form_of(state: State[Any], flow_run_id: UUID) -> tuple[dict[str, Any], str]:
    """What the form that the run waits with holds, by the names of its fields, and what it says first."""
    fields = fields_of(state, flow_run_id)
    return {name: about.get("default") for name, about in fields.items()}, fields[INITIALS]["description"]


def pages_of(flow_run_id: UUID) -> list[str]:
    """The pages that a run has published, the earliest first."""
    with get_client(sync_client=True) as client:
        ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        found = client.read_artifacts(artifact_filter=ours)
    return [str(page.data) for page in sorted(found, key=lambda page: str(page.created))]
