"""The environment of the processes that ``facteur up`` starts: how the Prefect server and its worker are set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.cli.machine.screen import only_the_first_ui
from settings.load import Settings

# An operator may set these otherwise. One event at a time, as Prefect records by itself, shows a campaign of 1,000
# sendings half a minute late; and 100 planned runs of the quarter-hourly resumption would fill the screen.
DEFAULTS = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    # The feed of events repeats, three times for each mail and with the resident's name, what the runs show.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,orphans",  # what a person deletes in the UI goes entirely
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "4",
    "PREFECT_WORKER_QUERY_SECONDS": "3",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_CLI_COLORS": "false",
}

# Nothing leaves the house. An API address without a host is right for any name and port that a browser came by.
ALWAYS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_API_URL": "/api",
    "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).with_name("logging.yml")),
}


def prefect_environment(settings: Settings, login: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the children; a login goes by it, never on a command line, which all users can read."""
    server = settings.server
    return {
        **DEFAULTS,
        **{name: value for name, value in inherited.items() if not name.endswith("_API_AUTH_STRING")},
        **ALWAYS,
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(only_the_first_ui(settings.prefect_home)),
        "PREFECT_SERVER_API_HOST": server.host,
        "PREFECT_SERVER_API_PORT": str(server.port),
        "PREFECT_API_URL": f"{local_address(settings)}/api",
        "FACTEUR_VAR": str(settings.var.resolve()),
        "PREFECT_SERVER_API_AUTH_STRING": login,
        "PREFECT_API_AUTH_STRING": login,
        # No page of another origin may read an answer. The UI needs none of it: it is of the API's own origin.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": local_address(settings),
    }


def local_address(settings: Settings) -> str:
    """The address at which this machine reaches the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.server.host, settings.server.host)  # noqa: S104
    return f"http://[{host}]:{settings.server.port}" if ":" in host else f"http://{host}:{settings.server.port}"
